import { useLayoutEffect, useMemo, useRef, useState, type ReactElement } from 'react';

import { Button, Group, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconMessageQuestion } from '@tabler/icons-react';

import type { SampleView } from '../../../electron/shared/contract/methods/runs.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import classes from './answer-board.module.css';
import { AnswerCell } from './answer-cell.tsx';
import { boardOf, columnsOf, type Board } from './board.ts';

export type AnswerBoardProps = Readonly<{
  samples: readonly SampleView[];
  prompts: readonly string[];
  /** Answers may still come. */
  isLive: boolean;
}>;

/** The fixed questions against the steps at which they were answered; the base model stands first and stays. */
export function AnswerBoard({ samples, prompts, isLive }: AnswerBoardProps): ReactElement {
  const words = useWords('run');
  const board = useMemo(() => boardOf(samples, prompts), [samples, prompts]);
  const [back, setBack] = useState(0);
  const { shown, hasEarlier, hasLater } = useMemo(() => columnsOf(board.steps, back), [board.steps, back]);
  if (board.prompts.length === 0 || samples.length === 0) {
    const sentence =
      board.prompts.length === 0 ? 'board.noPrompts' : isLive ? 'board.noAnswers' : 'board.neverAsked';
    return <EmptyState icon={<IconMessageQuestion size={36} stroke={1.5} />} sentence={words(sentence)} />;
  }
  return (
    <>
      {(hasEarlier || hasLater) && (
        <Group gap="xs" mb={6}>
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconChevronLeft size={14} aria-hidden />}
            disabled={!hasEarlier}
            onClick={() => setBack(back + 1)}
          >
            {words('board.earlier')}
          </Button>
          <Text fz="xs" c="dimmed" role="status">
            {words('board.range', {
              from: formatNumber(shown[0]),
              to: formatNumber(shown.at(-1)),
              count: formatNumber(board.steps.length),
            })}
          </Text>
          <Button
            size="compact-xs"
            variant="default"
            rightSection={<IconChevronRight size={14} aria-hidden />}
            disabled={!hasLater}
            onClick={() => setBack(Math.max(0, back - 1))}
          >
            {words('board.later')}
          </Button>
        </Group>
      )}
      {!board.hasBase && (
        <Text fz="xs" c="dimmed" mb={6}>
          {words('board.noBase')}
        </Text>
      )}
      <Grid board={board} steps={shown} />
    </>
  );
}

function Grid({ board, steps }: Readonly<{ board: Board; steps: readonly number[] }>): ReactElement {
  const words = useWords('run');
  const box = useRef<HTMLDivElement>(null);
  const isAtNewest = useRef(true);
  const newest = steps.at(-1);
  useLayoutEffect(() => {
    // The newest answer beside the base, until a person scrolls back.
    if (isAtNewest.current && box.current !== null) box.current.scrollLeft = box.current.scrollWidth;
  }, [newest]);
  const columns = board.hasBase ? [0, ...steps] : steps;
  return (
    <div
      ref={box}
      className={classes['board']}
      tabIndex={0}
      role="region"
      aria-label={words('tab.board')}
      onScroll={({ currentTarget: { scrollLeft, clientWidth, scrollWidth } }) => {
        isAtNewest.current = scrollLeft + clientWidth > scrollWidth - 8;
      }}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">{words('board.prompt')}</th>
            {columns.map((step) => (
              <th key={step} scope="col" data-base={step === 0 ? true : undefined}>
                {step === 0 ? words('board.base') : words('board.step', { step: formatNumber(step) })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {board.prompts.map((prompt) => (
            <tr key={prompt}>
              <th scope="row">{prompt}</th>
              {columns.map((step) => (
                <td key={step} data-base={step === 0 ? true : undefined}>
                  <AnswerCell sample={board.answer(prompt, step)} before={beforeOf(board, prompt, step)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The answer one sampling earlier, be it in view or not; the base model's before the first. */
function beforeOf(board: Board, prompt: string, step: number): SampleView | undefined {
  if (step === 0) return undefined;
  const earlier = board.steps[board.steps.indexOf(step) - 1] ?? 0;
  return board.answer(prompt, earlier);
}
