import type { ChatTopicData } from '../../../electron/shared/contract/events.ts';
import type { ChatSession } from '../../../electron/shared/contract/methods/chat.ts';
import type { Disposable } from '../../../electron/shared/contract/disposable.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { Listeners } from '../../../electron/shared/domain/listeners.ts';
import { studio } from '../../api/studio-client.ts';
import { openInputOf, targetOf, type Answerer } from './answerer.ts';
import { afterReply, closedError, failedTurn, newTurn, type ChatSettings, type Turn } from './turns.ts';

export type ConversationState = Readonly<{
  phase: 'loading' | 'ready' | 'failed';
  session?: ChatSession;
  turns: readonly Turn[];
  /** Why nothing can be asked. */
  error?: unknown;
}>;

/** What comes in place of a topic that the core does not know, such as a session of a core that has ended. */
type Refusal = Readonly<{ error: unknown }>;

const refusalIn = (data: unknown): Refusal | undefined => {
  const { kind, id, error } = data as Readonly<{ kind: string; id?: unknown; error?: unknown }>;
  return kind === 'error' && id === undefined ? { error } : undefined;
};

/** One column: a loaded model and what was said to it. Opened and closed with the screen; turns outlive a lost session. */
export class Conversation {
  readonly answerer: Answerer;
  readonly #changes = new Listeners<undefined>();
  #state: ConversationState = { phase: 'loading', turns: [] };
  /** Counts openings, so that a late answer of a former one is told apart. */
  #opening = 0;
  #subscription: Disposable | undefined;
  #requestId: string | undefined;
  /** Replies that overtook the name of their request. */
  #early: ChatTopicData[] = [];
  #stopsEarly = false;

  constructor(answerer: Answerer) {
    this.answerer = answerer;
  }

  readonly read = (): ConversationState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    const subscription = this.#changes.add(listener);
    return () => subscription.dispose();
  };

  async open(): Promise<void> {
    const opening = ++this.#opening;
    const isCurrent = (): boolean => opening === this.#opening;
    this.#set({ phase: 'loading', turns: this.#state.turns });
    try {
      await studio.ready();
      if (!isCurrent()) return;
      const session = await studio.client.call('chat.open', openInputOf(this.answerer));
      if (!isCurrent()) {
        closeSession(session.sessionId);
        return;
      }
      this.#set({ phase: 'ready', turns: this.#state.turns, session });
      this.#subscription = studio.client.subscribe(`chat.${session.sessionId}`, ({ data }) => {
        const refusal = refusalIn(data);
        if (refusal === undefined) this.#take(data as ChatTopicData);
        else this.#lose(refusal.error);
      });
    } catch (error) {
      if (isCurrent()) this.#set({ phase: 'failed', turns: this.#state.turns, error });
    }
  }

  close(): void {
    this.#opening += 1;
    this.#subscription?.dispose();
    this.#subscription = undefined;
    const { session } = this.#state;
    if (session !== undefined) closeSession(session.sessionId);
    this.#endWriting(new StudioError('chat.ended'));
    this.#set({ phase: 'loading', turns: this.#state.turns });
  }

  ask(question: string, settings: ChatSettings): void {
    const { session, turns } = this.#state;
    if (session === undefined || isWriting(this.#state)) return;
    const turn = newTurn(turns, question, settings);
    this.#requestId = undefined;
    this.#early = [];
    this.#stopsEarly = false;
    this.#set({ ...this.#state, turns: [...turns, turn] });
    const { messages, sampling } = turn;
    studio.client
      .call('chat.send', {
        sessionId: session.sessionId,
        messages: [...messages],
        target: targetOf(this.answerer),
        sampling,
      })
      .then(({ requestId }) => {
        this.#requestId = requestId;
        for (const reply of this.#early.splice(0)) this.#take(reply);
        if (this.#stopsEarly) this.stop();
      })
      .catch((error: unknown) => {
        this.#endWriting(error);
        const isGone = error instanceof StudioError && error.code === 'chat.session_unknown';
        if (isGone) this.#lose(error);
      });
  }

  /** Ends the answer that is being written; what it said so far stays. */
  stop(): void {
    const { session } = this.#state;
    if (session === undefined || !isWriting(this.#state)) return;
    const requestId = this.#requestId;
    if (requestId === undefined) {
      this.#stopsEarly = true;
      return;
    }
    // A session that has just ended has nothing left to stop.
    studio.client.call('chat.stop', { sessionId: session.sessionId, requestId }).catch(() => undefined);
  }

  /** Asks the last question again, as the settings are now. */
  regenerate(settings: ChatSettings): void {
    const last = this.#state.turns.at(-1);
    if (last === undefined || this.#state.phase !== 'ready' || isWriting(this.#state)) return;
    this.#set({ ...this.#state, turns: this.#state.turns.slice(0, -1) });
    this.ask(last.question, settings);
  }

  reset(): void {
    if (!isWriting(this.#state)) this.#set({ ...this.#state, turns: [] });
  }

  #take(reply: ChatTopicData): void {
    const last = this.#state.turns.at(-1);
    if (last?.state === 'writing') {
      if (this.#requestId !== undefined) this.#replaceLast(afterReply(last, this.#requestId, reply));
      else if (reply.kind !== 'snapshot') this.#early.push(reply);
    }
    if (reply.kind === 'closed') this.#lose(closedError(reply));
  }

  #lose(error: unknown): void {
    this.#subscription?.dispose();
    this.#subscription = undefined;
    this.#endWriting(error);
    this.#set({ phase: 'failed', turns: this.#state.turns, error });
  }

  #endWriting(error: unknown): void {
    const last = this.#state.turns.at(-1);
    if (last?.state === 'writing') this.#replaceLast(failedTurn(last, error));
  }

  #replaceLast(turn: Turn): void {
    this.#set({ ...this.#state, turns: [...this.#state.turns.slice(0, -1), turn] });
  }

  #set(state: ConversationState): void {
    this.#state = state;
    this.#changes.emit(undefined);
  }
}

export const isWriting = (state: ConversationState): boolean => state.turns.at(-1)?.state === 'writing';

function closeSession(sessionId: string): void {
  // A session whose process died is closed already.
  studio.client.call('chat.close', { sessionId }).catch(() => undefined);
}
