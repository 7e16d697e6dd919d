import { keyOf, weightsKeyOf, type Answerer } from './answerer.ts';
import { Conversation } from './conversation.ts';
import { KeptConversations } from './kept-conversations.ts';
import { LoadedModel } from './loaded-model.ts';

const models = new Map<string, LoadedModel>();
const conversations = new Map<string, Conversation>();
let kept: KeptConversations | undefined;

function keptConversations(): KeptConversations {
  if (kept === undefined) {
    const made = new KeptConversations(window.localStorage);
    window.addEventListener('pagehide', () => made.write());
    kept = made;
  }
  return kept;
}

/** The conversation of one column with what answers; the same one after the screen was left. */
export function conversationOf(column: number, answerer: Answerer): Conversation {
  const name = `${column} ${keyOf(answerer)}`;
  const known = conversations.get(name);
  if (known !== undefined) return known;
  const weights = weightsKeyOf(answerer);
  const model = models.get(weights) ?? new LoadedModel(weights);
  models.set(weights, model);
  const store = keptConversations();
  const made = new Conversation(answerer, model, store.find(name), (said) => store.keep(name, said));
  conversations.set(name, made);
  return made;
}

/** Frees the weights of an answerer that a person put away, unless another column still uses them. */
export function letGo(answerer: Answerer, others: readonly Answerer[]): void {
  const weights = weightsKeyOf(answerer);
  if (!others.some((other) => weightsKeyOf(other) === weights))
    models.get(weights)?.close({ cancelled: false });
}
