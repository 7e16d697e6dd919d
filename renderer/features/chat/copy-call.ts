import { keyOf, openInputOf, targetOf, type Answerer } from './answerer.ts';
import type { Turn } from './turns.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The command line that asks this one question; what was said before it is not in it. */
export function commandOf(answerer: Answerer, turn: Turn): string {
  const system = turn.messages.find((message) => message.role === 'system')?.content;
  const { temperature, topP, maxNewTokens, seed } = turn.sampling;
  const options: readonly (readonly [string, string | number | null | undefined])[] = [
    [answerer.kind === 'model' ? 'model' : 'run', answerer.id],
    ['target', answerer.kind === 'base' ? 'base' : undefined],
    ['system', system === undefined ? undefined : quoted(system)],
    ['temperature', temperature],
    ['top-p', topP],
    ['max-new-tokens', maxNewTokens],
    ['seed', seed],
    ['prompt', quoted(turn.question)],
  ];
  const given = options.filter(([, value]) => value !== undefined && value !== null);
  return ['legal-eagle chat', ...given.map(([name, value]) => `--${name} ${String(value)}`)].join(' ');
}

/** The two calls that ask it, with all that was said before. */
export function callsOf(answerer: Answerer, turn: Turn): string {
  const { messages, sampling } = turn;
  return JSON.stringify(
    [
      { method: 'chat.open', params: openInputOf(answerer) },
      {
        method: 'chat.send',
        params: { sessionId: `<${keyOf(answerer)}>`, messages, target: targetOf(answerer), sampling },
      },
    ],
    null,
    2,
  );
}
