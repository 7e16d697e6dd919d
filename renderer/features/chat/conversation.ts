import type { ChatTopicData } from '../../../electron/shared/contract/events.ts';
import { StudioError, toErrorBody } from '../../../electron/shared/contract/studio-error.ts';
import { Listeners } from '../../../electron/shared/domain/listeners.ts';
import { studio } from '../../api/studio-client.ts';
import { targetOf, type Answerer } from './answerer.ts';
import type { LoadedModel, LoadedState } from './loaded-model.ts';
import { afterReply, failedTurn, messagesOf, newTurn, usesRecordedSystem } from './turns.ts';
import type { ChatSettings, Turn } from './turns.ts';

/** What a person said and set in one column; it outlives the process that answers, and the page. */
export type Said = Readonly<{ turns: readonly Turn[]; settings: ChatSettings }>;

export type ConversationState = Said &
  Readonly<{
    model: LoadedState;
    /** What clearing took away, until something is asked again. */
    cleared: readonly Turn[];
  }>;

/** One column: what was said, and the loaded model that it is said to. */
export class Conversation {
  readonly answerer: Answerer;
  readonly model: LoadedModel;
  readonly #keep: (said: Said) => void;
  readonly #changes = new Listeners<undefined>();
  #state: ConversationState;
  /** Replies that overtook the name of their request. */
  #early: ChatTopicData[] = [];
  #stopsEarly = false;

  constructor(answerer: Answerer, model: LoadedModel, said: Said, keep: (said: Said) => void) {
    this.answerer = answerer;
    this.model = model;
    this.#keep = keep;
    this.#state = { ...said, model: model.state, cleared: [] };
    model.onReply((reply) => this.#take(reply));
    model.onChange(() => this.#set({ ...this.#state, model: model.state }));
    // Its process is not there to say the rest.
    if (model.sessionId === undefined) this.#endWriting(new StudioError('chat.answer_lost'));
  }

  readonly read = (): ConversationState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    const subscription = this.#changes.add(listener);
    return () => subscription.dispose();
  };

  open(): void {
    void this.model.open(this.answerer);
  }

  set(settings: ChatSettings): void {
    this.#say({ settings });
  }

  ask(question: string): void {
    const { sessionId } = this.model;
    const { settings, turns } = this.#state;
    if (sessionId === undefined || this.#state.model.phase !== 'ready' || isWriting(this.#state)) return;
    const asked = [...turns, newTurn(question, settings)];
    this.#early = [];
    this.#stopsEarly = false;
    this.#set({ ...this.#state, cleared: [] });
    this.#say({ turns: asked });
    studio.client
      .call('chat.send', {
        sessionId,
        messages: messagesOf(asked, asked.length - 1),
        target: targetOf(this.answerer),
        sampling: settings.sampling,
        useRecordedSystem: usesRecordedSystem(settings),
      })
      .then(({ requestId }) => {
        this.#changeLast((turn) => ({ ...turn, requestId }));
        for (const reply of this.#early.splice(0)) this.#take(reply);
        if (this.#stopsEarly) this.stop();
      })
      .catch((error: unknown) => {
        this.#endWriting(error);
        const isGone = error instanceof StudioError && error.code === 'chat.session_unknown';
        if (isGone) this.model.lose(error);
      });
  }

  /** Ends the answer that is being written; what it said so far stays. */
  stop(): void {
    const { sessionId } = this.model;
    if (sessionId === undefined || !isWriting(this.#state)) return;
    const requestId = this.#state.turns.at(-1)?.requestId;
    if (requestId === undefined) {
      this.#stopsEarly = true;
      return;
    }
    // A session that has just ended has nothing left to stop.
    studio.client.call('chat.stop', { sessionId, requestId }).catch(() => undefined);
  }

  /** Asks another question in place of turn `index`; what followed it goes. */
  resend(index: number, question: string): void {
    if (this.#state.model.phase !== 'ready' || isWriting(this.#state)) return;
    this.#say({ turns: this.#state.turns.slice(0, index) });
    this.ask(question);
  }

  /** Asks the last question again, as the settings are now. */
  regenerate(): void {
    const last = this.#state.turns.at(-1);
    if (last !== undefined) this.resend(this.#state.turns.length - 1, last.question);
  }

  clear(): void {
    if (isWriting(this.#state)) return;
    this.#set({ ...this.#state, cleared: this.#state.turns });
    this.#say({ turns: [] });
  }

  unclear(): void {
    const { cleared } = this.#state;
    this.#set({ ...this.#state, cleared: [] });
    if (this.#state.turns.length === 0) this.#say({ turns: cleared });
  }

  #take(reply: ChatTopicData): void {
    const last = this.#state.turns.at(-1);
    if (last?.state !== 'writing') return;
    if (last.requestId !== undefined) this.#changeLast((turn) => afterReply(turn, reply));
    else if (reply.kind === 'closed') this.#changeLast((turn) => failedTurn(turn, reply));
    else if (reply.kind !== 'snapshot') this.#early.push(reply);
  }

  #endWriting(error: unknown): void {
    if (isWriting(this.#state)) this.#changeLast((turn) => failedTurn(turn, toErrorBody(error)));
  }

  #changeLast(change: (turn: Turn) => Turn): void {
    const { turns } = this.#state;
    const last = turns.at(-1);
    if (last === undefined) return;
    const changed = change(last);
    if (changed !== last) this.#say({ turns: [...turns.slice(0, -1), changed] });
  }

  #say(change: Partial<Said>): void {
    this.#set({ ...this.#state, ...change });
    const { settings, turns } = this.#state;
    this.#keep({ settings, turns });
  }

  #set(state: ConversationState): void {
    this.#state = state;
    this.#changes.emit(undefined);
  }
}

export const isWriting = ({ turns }: Said): boolean => turns.at(-1)?.state === 'writing';
