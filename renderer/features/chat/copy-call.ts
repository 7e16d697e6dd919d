import { keyOf, openInputOf, targetOf, type Answerer } from './answerer.ts';
import { messagesOf, usesRecordedSystem, type Turn } from './turns.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The command line that asks this one question; what was said before it is not in it. */
export function commandOf(answerer: Answerer, turn: Turn): string {
  const [first] = messagesOf([turn], 0);
  const { temperature, topP, repetitionPenalty, maxNewTokens, seed } = turn.settings.sampling;
  const options: readonly (readonly [string, string | number | null | undefined])[] = [
    [answerer.kind === 'model' ? 'model' : 'run', answerer.id],
    ['step', answerer.step],
    ['target', answerer.kind === 'base' ? 'base' : undefined],
    ['system', first?.role === 'system' ? quoted(first.content) : undefined],
    ['no-system', first?.role === 'system' || usesRecordedSystem(turn.settings) ? undefined : ''],
    ['temperature', temperature],
    ['top-p', topP],
    ['repetition-penalty', repetitionPenalty],
    ['max-new-tokens', maxNewTokens],
    ['seed', seed],
    ['prompt', quoted(turn.question)],
  ];
  const given = options.filter(([, value]) => value !== undefined && value !== null);
  return ['legal-eagle chat', ...given.map(([name, value]) => `--${name} ${String(value)}`.trim())].join(' ');
}

/** The two calls that ask turn `index`, with all that was said before. */
export function callsOf(answerer: Answerer, turns: readonly Turn[], index: number): string {
  const turn = turns[index];
  if (turn === undefined) return '';
  return JSON.stringify(
    [
      { method: 'chat.open', params: openInputOf(answerer) },
      {
        method: 'chat.send',
        params: {
          sessionId: `<${keyOf(answerer)}>`,
          messages: messagesOf(turns, index),
          target: targetOf(answerer),
          sampling: turn.settings.sampling,
          useRecordedSystem: usesRecordedSystem(turn.settings),
        },
      },
    ],
    null,
    2,
  );
}
