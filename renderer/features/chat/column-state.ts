import type { ChatSession } from '../../../electron/shared/contract/methods/chat.ts';
import type { LoadedState } from './loaded-model.ts';
import type { OpenConversation } from './use-conversation.ts';

export const sessionOf = (model: LoadedState): ChatSession | undefined =>
  'session' in model ? model.session : undefined;

/** The weights were loaded for the base alone, by the other column, when the run had no adapter yet. */
export const lacksAdapter = ({ conversation, state }: OpenConversation): boolean =>
  conversation.answerer.kind === 'adapter' &&
  state.model.phase === 'ready' &&
  state.model.session.adapterPath === undefined;

/** Whether a question can be put to what answers here. */
export const canAsk = (open: OpenConversation): boolean =>
  open.state.model.phase === 'ready' && !lacksAdapter(open);
