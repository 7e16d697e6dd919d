import { useMemo, useState, type ReactElement } from 'react';

import { Badge, Button, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

import { answerSigns } from '../../../electron/shared/domain/answer-signs.ts';
import type { SampleView } from '../../../electron/shared/contract/methods/runs.ts';
import { useWords } from '../../i18n/use-words.ts';
import { changedPieces } from './answer-changes.ts';
import classes from './answer-board.module.css';

/** Characters that fit into the five lines that are shown at first. */
const SHORT_CHARACTERS = 90;

/** One answer: what is wrong with it at first sight, and what it says differently from the one before. */
export function AnswerCell({
  sample,
  before,
}: Readonly<{ sample: SampleView | undefined; before: SampleView | undefined }>): ReactElement {
  const words = useWords('run');
  const [isOpen, setOpen] = useState(false);
  const pieces = useMemo(
    () =>
      before === undefined || sample === undefined ? undefined : changedPieces(before.answer, sample.answer),
    [before, sample],
  );
  if (sample === undefined) return <Text c="dimmed">—</Text>;
  const signs = answerSigns(sample.answer, sample.finish);
  const isSame = before?.answer === sample.answer;
  const isLong = !isSame && sample.answer.length > SHORT_CHARACTERS;
  return (
    <div className={classes['answer']}>
      {signs.length > 0 && (
        <div className={classes['signs']}>
          {signs.map((sign) => (
            <span key={sign}>
              <IconAlertTriangle size={14} aria-hidden />
              {words(`sign.${sign}`)}
            </span>
          ))}
        </div>
      )}
      {isSame ? (
        <Text c="dimmed" fs="italic">
          {words('board.same')}
        </Text>
      ) : (
        <div className={isLong && !isOpen ? classes['short'] : undefined}>
          {pieces === undefined
            ? sample.answer
            : pieces.map((piece, at) =>
                piece.isNew ? <mark key={at}>{piece.text}</mark> : <span key={at}>{piece.text}</span>,
              )}
        </div>
      )}
      <Text fz="xs" c="dimmed" component="div">
        {words('board.tokens', { count: sample.tokens })}
        {before !== undefined && !isSame && (
          <Badge size="xs" variant="light" ml={6} tt="none">
            {words(pieces === undefined ? 'board.rewritten' : 'board.changed')}
          </Badge>
        )}
        {isLong && (
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
