import type { ChatTopicData } from '../../../electron/shared/contract/events.ts';
import type { ChatSession } from '../../../electron/shared/contract/methods/chat.ts';
import type { Disposable } from '../../../electron/shared/contract/disposable.ts';
import { StudioError, toErrorBody, type ErrorBody } from '../../../electron/shared/contract/studio-error.ts';
import { Listeners } from '../../../electron/shared/domain/listeners.ts';
import { studio } from '../../api/studio-client.ts';
import { openInputOf, type Answerer } from './answerer.ts';

export type LoadedState =
  /** Nothing was loaded yet, or a person cancelled it. */
  | Readonly<{ phase: 'off'; cancelled: boolean }>
  | Readonly<{
      phase: 'loading';
      session?: ChatSession;
      loaded?: Readonly<{ layers: number; totalLayers: number }>;
    }>
  | Readonly<{ phase: 'ready'; session: ChatSession }>
  /** The process is gone; what it was stays known. */
  | Readonly<{ phase: 'over'; error: ErrorBody; session?: ChatSession }>;

/** What comes in place of a topic that the core does not know, such as a session of a core that has ended. */
type Refusal = Readonly<{ kind: 'error'; error: ErrorBody }>;

const isRefusal = (data: ChatTopicData | Refusal): data is Refusal =>
  data.kind === 'error' && !('id' in data);

const MEMORY = 'legal-eagle.chat.session.';

/**
 * The process that holds the weights of one answerer, or of two that share them. It is followed while a column
 * stands; the core lets it go some time after nobody does. This tab finds it again after a reload.
 */
export class LoadedModel {
  readonly #name: string;
  readonly #changes = new Listeners<undefined>();
  readonly #replies = new Listeners<ChatTopicData>();
  #state: LoadedState = { phase: 'off', cancelled: false };
  #sessionId: string | undefined;
  /** Counts openings, so that a late answer of a former one is told apart. */
  #opening = 0;
  #watchers = 0;
  #subscription: Disposable | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#sessionId = window.sessionStorage.getItem(MEMORY + name) ?? undefined;
    if (this.#sessionId !== undefined) this.#state = { phase: 'loading' };
  }

  get state(): LoadedState {
    return this.#state;
  }

  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  onChange(listener: () => void): Disposable {
    return this.#changes.add(listener);
  }

  onReply(listener: (reply: ChatTopicData) => void): Disposable {
    return this.#replies.add(listener);
  }

  /** Keeps the process from being let go; what was missed comes first. */
  watch(): Disposable {
    this.#watchers += 1;
    this.#listen();
    let isOver = false;
    return {
      dispose: () => {
        if (isOver) return;
        isOver = true;
        this.#watchers -= 1;
        if (this.#watchers === 0) this.#deafen();
      },
    };
  }

  async open(answerer: Answerer): Promise<void> {
    const opening = ++this.#opening;
    const isCurrent = (): boolean => opening === this.#opening;
    this.#forget();
    this.#set({ phase: 'loading' });
    try {
      await studio.ready();
      if (!isCurrent()) return;
      const session = await studio.client.call('chat.open', openInputOf(answerer));
      if (!isCurrent()) {
        closeSession(session.sessionId);
        return;
      }
      this.#sessionId = session.sessionId;
      window.sessionStorage.setItem(MEMORY + this.#name, session.sessionId);
      this.#set({ phase: 'loading', session });
      if (this.#watchers > 0) this.#listen();
    } catch (error) {
      if (isCurrent()) this.#set({ phase: 'over', error: toErrorBody(error) });
    }
  }

  /** Frees the memory of the rig, also while it is still being filled. `cancelled`: it stays off until asked for. */
  close({ cancelled }: Readonly<{ cancelled: boolean }>): void {
    this.#opening += 1;
    const sessionId = this.#sessionId;
    this.#forget();
    this.#replies.emit({ kind: 'closed', code: 'chat.closed', params: {} });
    this.#set({ phase: 'off', cancelled });
    if (sessionId !== undefined) closeSession(sessionId);
  }

  /** A call was told that the session is not there any more. */
  lose(error: ErrorBody): void {
    const { code, params, detail } = error;
    const session = 'session' in this.#state ? this.#state.session : undefined;
    this.#forget();
    this.#replies.emit({ kind: 'closed', code, params, ...(detail === undefined ? {} : { detail }) });
    this.#set({
      phase: 'over',
      error: { code, params, ...(detail === undefined ? {} : { detail }) },
      ...(session === undefined ? {} : { session }),
    });
  }

  #listen(): void {
    if (this.#subscription !== undefined || this.#sessionId === undefined) return;
    this.#subscription = studio.client.subscribe(`chat.${this.#sessionId}`, ({ data }) =>
      this.#take(data as ChatTopicData | Refusal),
    );
  }

  #deafen(): void {
    this.#subscription?.dispose();
    this.#subscription = undefined;
  }

  #forget(): void {
    this.#deafen();
    this.#sessionId = undefined;
    window.sessionStorage.removeItem(MEMORY + this.#name);
  }

  #take(reply: ChatTopicData | Refusal): void {
    if (isRefusal(reply)) {
      const isUnknown = reply.error.code === 'core.unknown_topic';
      this.lose(isUnknown ? new StudioError('chat.session_unknown') : reply.error);
      return;
    }
    switch (reply.kind) {
      case 'snapshot':
        this.#set(
          reply.session.identity === undefined
            ? {
                phase: 'loading',
                session: reply.session,
                ...(reply.loaded === undefined ? {} : { loaded: reply.loaded }),
              }
            : { phase: 'ready', session: reply.session },
        );
        break;
      case 'loading':
        if (this.#state.phase === 'loading') {
          const { layers, totalLayers } = reply;
          this.#set({ ...this.#state, loaded: { layers, totalLayers } });
        }
        break;
      case 'ready':
        this.#set({ phase: 'ready', session: reply.session });
        break;
      case 'closed':
        this.lose(reply);
        return;
      case 'delta':
      case 'done':
      case 'error':
        break;
    }
    this.#replies.emit(reply);
  }

  #set(state: LoadedState): void {
    this.#state = state;
    this.#changes.emit(undefined);
  }
}

function closeSession(sessionId: string): void {
  // A session whose process died is closed already.
  studio.client.call('chat.close', { sessionId }).catch(() => undefined);
}
