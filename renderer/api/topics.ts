import type {
  ChatTopicData,
  JobsTopicData,
  JobTopicData,
  QueueTopicData,
  RunsTopicData,
  RunTopicData,
  StorageTopicData,
  TerminalsTopicData,
  TerminalTopicData,
} from '../../electron/shared/contract/events.ts';
import type { ModelsTopicData } from '../../electron/shared/contract/methods/models.ts';
import type { ReleasesTopicData, ReleaseView } from '../../electron/shared/contract/methods/releases.ts';
import type { Settings } from '../../electron/shared/contract/methods/settings.ts';
import type { DataFolderView } from '../../electron/shared/contract/methods/data-folder.ts';
import type { RuntimeTopicData } from '../../electron/shared/contract/methods/runtime.ts';

export type Topic =
  | 'runs'
  | 'queue'
  | 'jobs'
  | 'runtime'
  | 'settings'
  | 'dataFolder'
  | 'storage'
  | 'models'
  | 'releases'
  | 'terminals'
  | `terminal.${string}`
  | `run.${string}`
  | `job.${string}`
  | `release.${string}`
  | `chat.${string}`;

/** What arrives under a topic. */
export type TopicData<T extends Topic> = T extends 'runs'
  ? RunsTopicData
  : T extends 'queue'
    ? QueueTopicData
    : T extends 'jobs'
      ? JobsTopicData
      : T extends 'runtime'
        ? RuntimeTopicData
        : T extends 'dataFolder'
          ? DataFolderView
          : T extends 'settings'
            ? Settings
            : T extends 'storage'
              ? StorageTopicData
              : T extends 'models'
                ? ModelsTopicData
                : T extends 'releases'
                  ? ReleasesTopicData
                  : T extends `release.${string}`
                    ? ReleaseView
                    : T extends `run.${string}`
                      ? RunTopicData
                      : T extends `job.${string}`
                        ? JobTopicData
                        : T extends 'terminals'
                          ? TerminalsTopicData
                          : T extends `terminal.${string}`
                            ? TerminalTopicData
                            : ChatTopicData;
