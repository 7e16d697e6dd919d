import type { ChatSession } from '../../shared/contract/methods/chat.ts';

type Message = Readonly<{ role: string; content: string }>;

/**
 * Which system prompt rows were trained with: one that every row carries, several, or none. `rows` holds the
 * messages of each.
 */
export function rowsSystemPrompt(
  rows: readonly (readonly Message[])[],
): NonNullable<ChatSession['recordedSystem']> {
  const prompts = rows.map(([first]) => (first?.role === 'system' ? first.content : undefined));
  const [one] = prompts;
  if (prompts.every((prompt) => prompt === undefined)) return { source: 'none' };
  const isOne = one !== undefined && prompts.every((prompt) => prompt === one);
  return isOne ? { source: 'dataset', text: one } : { source: 'varied' };
}
