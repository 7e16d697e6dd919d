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

type ChatTarget = Readonly<{ model: string }> | Readonly<{ run: string; step?: number }>;

type TopicFailure = Readonly<{
  kind: 'error';
  error: Readonly<{ code: string; params: Record<string, unknown> }>;
}>;

/** One chat session, asked one question at a time. */
export class ChatConversation {
  readonly #client: StudioClient;
  readonly #sessionId: string;
  #requestId: string | undefined;

  private constructor(client: StudioClient, sessionId: string) {
    this.#client = client;
    this.#sessionId = sessionId;
  }

  static async open(client: StudioClient, target: ChatTarget): Promise<ChatConversation> {
    const session = await client.call('chat.open', target);
    return new ChatConversation(client, session.sessionId);
  }

  /** Resolves with the whole answer; `onText` gets it as it is written. Throws the chat job's own error. */
  ask(
    messages: readonly ChatMessage[],
    target: 'base' | 'adapter',
    sampling: SamplingInput,
    onText: (text: string) => void,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let requestId: string | undefined;
      const early: ChatTopicData[] = [];
      const finish = (settle: () => void): void => {
        this.#requestId = undefined;
        queueMicrotask(() => subscription.dispose());
        settle();
      };
      const take = (reply: ChatTopicData | TopicFailure): void => {
        if (reply.kind === 'closed') {
          finish(() => reject(new StudioError(reply.code ?? 'chat.ended')));
        } else if (reply.kind === 'error') {
          const { code, params } = reply.error;
          finish(() => reject(new StudioError(code, params)));
        } else if (reply.kind === 'ready' || reply.kind === 'snapshot' || reply.id !== requestId) {
          return;
        } else if (reply.kind === 'delta') {
          onText(reply.text);
        } else {
          const { text, finish: reason, promptTokens, answerTokens } = reply;
          finish(() => resolve({ text, finish: reason, promptTokens, answerTokens }));
        }
      };
      const subscription = this.#client.subscribe(`chat.${this.#sessionId}`, ({ data }) => {
        // Replies may overtake the answer that names the request.
        if (requestId === undefined) early.push(data as ChatTopicData);
        else take(data as ChatTopicData);
      });
      this.#client
        .call('chat.send', { sessionId: this.#sessionId, messages: [...messages], target, sampling })
        .then((sent) => {
          requestId = sent.requestId;
          this.#requestId = requestId;
          for (const reply of early.splice(0)) take(reply);
        })
        .catch((error: unknown) =>
          finish(() => reject(error instanceof Error ? error : new Error(String(error)))),
        );
    });
  }

  /** Ends the answer that is being written; it resolves as `cancelled`. */
  stop(): void {
    if (this.#requestId === undefined) return;
    const request = { sessionId: this.#sessionId, requestId: this.#requestId };
    // A session that has just ended has nothing left to stop.
    this.#client.call('chat.stop', request).catch(() => undefined);
  }

  async close(): Promise<void> {
    // A session whose process died is closed already.
    await this.#client.call('chat.close', { sessionId: this.#sessionId }).catch(() => undefined);
  }
}
