import type { ReactElement } from 'react';

import { useWords } from '../../i18n/use-words.ts';
import classes from './chat-turns.module.css';

export type Turn = Readonly<{ role: 'system' | 'user' | 'assistant'; content: string }>;

/** A row as the model will read it: turns in order, the learned ones marked. */
export function ChatTurns({ turns }: Readonly<{ turns: readonly Turn[] }>): ReactElement {
  const words = useWords('datasets');
  return (
    <ol className={classes['turns']}>
      {turns.map((turn, index) => (
        // Turns have no identity but their place, and never move.
        <li key={index} data-role={turn.role} className={classes['turn']}>
          <span className={classes['role']}>
            {words(`roles.${turn.role}`)}
            {turn.role === 'assistant' && <em>{words('learned')}</em>}
          </span>
          <div className={classes['text']}>{turn.content}</div>
        </li>
      ))}
    </ol>
  );
}
