import type {
  ChatTopicData,
  JobsTopicData,
  JobTopicData,
  QueueTopicData,
  RunsTopicData,
  RunTopicData,
} from '../../electron/shared/contract/events.ts';
import type { RuntimeTopicData } from '../../electron/shared/contract/methods/runtime.ts';

export type Topic =
  'runs' | 'queue' | 'jobs' | 'runtime' | `run.${string}` | `job.${string}` | `chat.${string}`;

/** What arrives under a topic. */
export type TopicData<T extends Topic> = T extends 'runs'
  ? RunsTopicData
  : T extends 'queue'
    ? QueueTopicData
    : T extends 'jobs'
      ? JobsTopicData
      : T extends 'runtime'
        ? RuntimeTopicData
        : T extends `run.${string}`
          ? RunTopicData
          : T extends `job.${string}`
            ? JobTopicData
            : ChatTopicData;
