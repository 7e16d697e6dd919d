import type { ChatTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { Disposable } from '../../../electron/shared/contract/disposable.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';

export type FollowedChat = Disposable &
  Readonly<{
    replies: readonly ChatTopicData[];
    /** The first reply, of those that came or will, that is looked for. */
    until: (isWanted: (reply: ChatTopicData) => boolean) => Promise<ChatTopicData>;
  }>;

/** Everything that the topic of one chat session says. */
export function followChat(client: RpcClient<StudioContract>, sessionId: string): FollowedChat {
  const replies: ChatTopicData[] = [];
  const waiting = new Set<() => void>();
  const subscription = client.subscribe(`chat.${sessionId}`, ({ data }) => {
    replies.push(data as ChatTopicData);
    for (const look of [...waiting]) look();
  });
  return {
    replies,
    until: (isWanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = replies.find(isWanted);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    dispose: () => subscription.dispose(),
  };
}
