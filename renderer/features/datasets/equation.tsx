import type { ReactElement } from 'react';

import { formatNumber } from '../../i18n/format.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import classes from './equation.module.css';
import { shortReason } from './short-reason.ts';

export const EQUATION_PARTS = ['all', 'train', 'eval', 'excluded'] as const;
export type EquationPart = (typeof EQUATION_PARTS)[number];

export type EquationProps = Readonly<{
  counts: Readonly<{ rows: number; train: number; eval: number; excluded: number; unreadable: number }>;
  /** Why rows are excluded, most frequent first. */
  reasons?: readonly Readonly<{ code: string; count: number }>[];
  selected?: EquationPart | undefined;
  /** Opens the rows behind a number. */
  onOpen?: (part: EquationPart) => void;
  onOpenUnreadable?: () => void;
}>;

const SIGNS: Readonly<Record<EquationPart, string>> = { all: '', train: '=', eval: '+', excluded: '+' };

const REASONS_TOLD = 3;

/** Read = trainable + evaluation + excluded (reasons). Every number opens its rows. */
export function Equation(props: EquationProps): ReactElement {
  const { counts, reasons = [], selected, onOpen, onOpenUnreadable } = props;
  const words = useWords('datasets');
  const language = useErrorLanguage();
  const told = reasons
    .slice(0, REASONS_TOLD)
    .map(
      ({ code, count }) =>
        `${shortReason(code, words('equation.someField'), language)} ${formatNumber(count)}`,
    );
  if (reasons.length > REASONS_TOLD) told.push('…');
  const numbers: Readonly<Record<EquationPart, number>> = { ...counts, all: counts.rows };
  return (
    <div className={classes['equation']} role="group" aria-label={words('equation.label')}>
      {EQUATION_PARTS.map((part) => (
        <span key={part} className={classes['term']}>
          {SIGNS[part] !== '' && <span className={classes['sign']}>{SIGNS[part]}</span>}
          <button
            type="button"
            className={classes['number']}
            data-part={part}
            data-some={numbers[part] > 0 || undefined}
            aria-pressed={onOpen === undefined ? undefined : selected === part}
            disabled={onOpen === undefined}
            onClick={() => onOpen?.(part)}
          >
            <span className={classes['name']}>{words(`equation.${part}`)}</span>
            <strong data-testid={`count-${part}`}>{formatNumber(numbers[part])}</strong>
          </button>
          {part === 'excluded' && told.length > 0 && (
            <span className={classes['reasons']}>
              {words('equation.reasons', { reasons: told.join(words('equation.separator')) })}
            </span>
          )}
        </span>
      ))}
      {counts.unreadable > 0 && (
        <button
          type="button"
          className={classes['unreadable']}
          disabled={onOpenUnreadable === undefined}
          onClick={onOpenUnreadable}
        >
          {words('equation.unreadable', { places: formatNumber(counts.unreadable) })}
        </button>
      )}
    </div>
  );
}
