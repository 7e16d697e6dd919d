import { useMemo, useState, type ReactElement } from 'react';

import { Badge, Button, Text } from '@mantine/core';
import { IconAlertTriangle, IconMessageQuestion } from '@tabler/icons-react';

import { answerSigns } from '../../../electron/shared/domain/answer-signs.ts';
import type { SampleView } from '../../../electron/shared/contract/methods/runs.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { boardOf } from './board.ts';
import classes from './run.module.css';

/** The fixed questions against the steps at which they were answered; the base model stands first. */
export function AnswerBoard({
  samples,
  prompts,
}: Readonly<{ samples: readonly SampleView[]; prompts: readonly string[] }>): ReactElement {
  const words = useWords('run');
  const board = useMemo(() => boardOf(samples, prompts), [samples, prompts]);
  if (board.prompts.length === 0 || board.steps.length === 0) {
    return (
      <EmptyState
        icon={<IconMessageQuestion size={36} stroke={1.5} />}
        sentence={words(board.prompts.length === 0 ? 'board.noPrompts' : 'board.noAnswers')}
      />
    );
  }
  return (
    <div className={classes['board']} tabIndex={0} role="region" aria-label={words('tab.board')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words('board.prompt')}</th>
            {board.steps.map((step) => (
              <th key={step} scope="col">
                {step === 0 ? words('board.base') : words('board.step', { step: formatNumber(step) })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {board.prompts.map((prompt) => (
            <tr key={prompt}>
              <th scope="row">{prompt}</th>
              {board.steps.map((step, at) => (
                <td key={step}>
                  <Answer
                    sample={board.answer(prompt, step)}
                    before={at === 0 ? undefined : board.answer(prompt, board.steps[at - 1] ?? -1)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Answer({
  sample,
  before,
}: Readonly<{ sample: SampleView | undefined; before: SampleView | undefined }>): ReactElement | null {
  const words = useWords('run');
  const [isOpen, setOpen] = useState(false);
  if (sample === undefined) return <Text c="dimmed">—</Text>;
  const signs = answerSigns(sample.answer, sample.finish);
  const isSame = before?.answer === sample.answer;
  return (
    <div className={classes['answer']}>
      {signs.map((sign) => (
        <div key={sign} className={classes['sign']}>
          <IconAlertTriangle size={14} aria-hidden />
          {words(`sign.${sign}`)}
        </div>
      ))}
      {isSame ? (
        <Text c="dimmed" fs="italic">
          {words('board.same')}
        </Text>
      ) : (
        <div className={isOpen ? undefined : classes['short']}>{sample.answer}</div>
      )}
      <Text fz="xs" c="dimmed" component="div">
        {words('board.tokens', { count: sample.tokens })}
        {before !== undefined && !isSame && (
          <Badge size="xs" variant="light" ml={6} tt="none">
            {words('board.changed')}
          </Badge>
        )}
        {!isSame && sample.answer.length > 160 && (
          <Button
            size="compact-xs"
            variant="subtle"
            ml={4}
            onClick={() => setOpen(!isOpen)}
            aria-expanded={isOpen}
          >
            {words(isOpen ? 'board.less' : 'board.more')}
          </Button>
        )}
      </Text>
    </div>
  );
}
