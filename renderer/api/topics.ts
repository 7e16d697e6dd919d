import type {
  ChatTopicData,
  JobTopicData,
  RunsTopicData,
  RunTopicData,
} from '../../electron/shared/contract/events.ts';

export type Topic = 'runs' | `run.${string}` | `job.${string}` | `chat.${string}`;

/** What arrives under a topic. */
export type TopicData<T extends Topic> = T extends 'runs'
  ? RunsTopicData
  : T extends `run.${string}`
    ? RunTopicData
    : T extends `job.${string}`
      ? JobTopicData
      : ChatTopicData;
