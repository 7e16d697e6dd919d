import type { Disposable } from '../shared/contract/disposable.ts';
import type { ChatTopicData } from '../shared/contract/events.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import type { ChatMessage, SamplingInput } from '../shared/protocol/chat.ts';
import type { StudioClient } from './studio-session.ts';

export type Answer = Readonly<{
  text: string;
  finish: 'stop' | 'length' | 'cancelled';
  promptTokens: number;
  answerTokens: number;
}>;

type ChatTarget = Readonly<{ model: string }> | Readonly<{ run: string; step?: number; weights?: 'base' }>;

type TopicFailure = Readonly<{
  kind: 'error';
  error: Readonly<{ code: string; params: Record<string, unknown> }>;
}>;

/** A question whose answer is awaited. */
type Asked = {
  requestId: string | undefined;
  /** Replies may overtake the answer that names the request. */
  readonly early: ChatTopicData[];
  readonly onText: (text: string) => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
};

/** One chat session, asked one question at a time. */
export class ChatConversation {
  readonly #client: StudioClient;
  readonly #sessionId: string;
  readonly #subscription: Disposable;
  #onReady: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #asked: Asked | undefined;
  /** Why nothing answers any more. */
  #end: StudioError | undefined;

  private constructor(client: StudioClient, sessionId: string) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#subscription = client.subscribe(`chat.${sessionId}`, ({ data }) =>
      this.#take(data as ChatTopicData | TopicFailure),
    );
  }

  /** Resolves when the model can answer. Throws the chat job's own error where it cannot. */
  static async open(client: StudioClient, target: ChatTarget): Promise<ChatConversation> {
    // Someone at a terminal sees no notice that the model was let go, and has no button to open it again.
    const { sessionId } = await client.call('chat.open', { ...target, idleMinutes: 0 });
    const conversation = new ChatConversation(client, sessionId);
    await new Promise<void>((resolve, reject) => {
      if (conversation.#end === undefined) conversation.#onReady = { resolve, reject };
      else reject(conversation.#end);
    });
    return conversation;
  }

  /** Resolves with the whole answer; `onText` gets it as it is written. Throws the chat job's own error. */
  ask(
    messages: readonly ChatMessage[],
    target: 'base' | 'adapter',
    sampling: SamplingInput,
    onText: (text: string) => void,
    useRecordedSystem = true,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end);
        return;
      }
      const asked: Asked = { requestId: undefined, early: [], onText, resolve, reject };
      this.#asked = asked;
      this.#client
        .call('chat.send', {
          sessionId: this.#sessionId,
          messages: [...messages],
          target,
          sampling,
          useRecordedSystem,
        })
        .then((sent) => {
          asked.requestId = sent.requestId;
          for (const reply of asked.early.splice(0)) this.#takeOf(asked, reply);
        })
        .catch((error: unknown) => {
          this.#asked = undefined;
          reject(error instanceof Error ? error : new Error(String(error)));
        });
    });
  }

  /** Ends the answer that is being written; it resolves as `cancelled`. */
  stop(): void {
    const requestId = this.#asked?.requestId;
    if (requestId === undefined) return;
    const request = { sessionId: this.#sessionId, requestId };
    // A session that has just ended has nothing left to stop.
    this.#client.call('chat.stop', request).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#subscription.dispose();
    // A session whose process died is closed already.
    await this.#client.call('chat.close', { sessionId: this.#sessionId }).catch(() => undefined);
  }

  #take(reply: ChatTopicData | TopicFailure): void {
    if (reply.kind === 'closed') {
      this.#lose(new StudioError(reply.code, reply.params, detailOf(reply.detail)));
    } else if (reply.kind === 'error' && !('id' in reply)) {
      this.#lose(new StudioError(reply.error.code, reply.error.params));
    } else if (reply.kind === 'ready' || reply.kind === 'snapshot') {
      if (reply.session.identity !== undefined) this.#onReady?.resolve();
    } else if (reply.kind !== 'loading' && this.#asked !== undefined) {
      if (this.#asked.requestId === undefined) this.#asked.early.push(reply);
      else this.#takeOf(this.#asked, reply);
    }
  }

  #takeOf(asked: Asked, reply: ChatTopicData): void {
    if (!('id' in reply) || (reply.id !== null && reply.id !== asked.requestId)) return;
    if (reply.kind === 'delta') {
      asked.onText(reply.text);
      return;
    }
    this.#asked = undefined;
    if (reply.kind === 'error') {
      asked.reject(new StudioError(reply.error.code, reply.error.params));
    } else {
      const { text, finish, promptTokens, answerTokens } = reply;
      asked.resolve({ text, finish, promptTokens, answerTokens });
    }
  }

  #lose(error: StudioError): void {
    this.#end = error;
    this.#onReady?.reject(error);
    this.#asked?.reject(error);
    this.#asked = undefined;
  }
}

const detailOf = (detail: string | undefined): { detail?: string } =>
  detail === undefined ? {} : { detail };
