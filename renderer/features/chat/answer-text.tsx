import { memo, useDeferredValue, type ReactElement } from 'react';

import { useWords } from '../../i18n/use-words.ts';
import { Markdown } from '../../ui/markdown/markdown.tsx';
import classes from './chat.module.css';
import { thoughtOf } from './thought.ts';

export type AnswerTextProps = Readonly<{ text: string; isWriting: boolean }>;

/** An answer: its thoughts folded, the rest as Markdown. */
export const AnswerText = memo(({ text, isWriting }: AnswerTextProps): ReactElement => {
  const words = useWords('chat');
  // A long answer that grows must not hold up what is being typed.
  const { thought, isThinking, answer } = thoughtOf(useDeferredValue(text));
  return (
    <div className={classes['answer']} data-state={isWriting ? 'writing' : undefined}>
      {thought !== '' && (
        <details className={classes['thought']}>
          <summary>{words(isThinking && isWriting ? 'thinking' : 'thought')}</summary>
          <Markdown text={thought} />
        </details>
      )}
      <Markdown text={answer} />
    </div>
  );
});
AnswerText.displayName = 'AnswerText';
