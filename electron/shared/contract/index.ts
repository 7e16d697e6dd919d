import { HOST_CONTRACT } from './host-contract.ts';
import { ACCOUNT_METHODS } from './methods/accounts.ts';
import { APP_METHODS } from './methods/app.ts';
import { CARD_METHODS } from './methods/cards.ts';
import { CHAT_METHODS } from './methods/chat.ts';
import { DATA_FOLDER_METHODS } from './methods/data-folder.ts';
import { DATASET_METHODS } from './methods/datasets.ts';
import { CONVERT_METHODS } from './methods/convert.ts';
import { MODEL_TEMPLATE_METHODS } from './methods/model-template.ts';
import { EXPORT_METHODS } from './methods/export.ts';
import { GPU_METHODS } from './methods/gpu.ts';
import { JOB_METHODS } from './methods/jobs.ts';
import { MEMORISATION_METHODS } from './methods/memorisation.ts';
import { MERGE_METHODS } from './methods/merge.ts';
import { METRIC_METHODS } from './methods/metrics.ts';
import { MODEL_METHODS } from './methods/models.ts';
import { PREFLIGHT_METHODS } from './methods/preflight.ts';
import { QUEUE_METHODS } from './methods/queue.ts';
import { RELEASE_METHODS } from './methods/releases.ts';
import { RUN_METHODS } from './methods/runs.ts';
import { RUNTIME_METHODS } from './methods/runtime.ts';
import { SETTINGS_METHODS } from './methods/settings.ts';
import { STORAGE_METHODS } from './methods/storage.ts';
import { TERMINAL_METHODS } from './methods/terminal.ts';

/** Every method a face of the studio may call. */
export const STUDIO_CONTRACT = {
  ...ACCOUNT_METHODS,
  ...APP_METHODS,
  ...CARD_METHODS,
  ...CHAT_METHODS,
  ...DATA_FOLDER_METHODS,
  ...DATASET_METHODS,
  ...CONVERT_METHODS,
  ...MODEL_TEMPLATE_METHODS,
  ...EXPORT_METHODS,
  ...GPU_METHODS,
  ...HOST_CONTRACT,
  ...JOB_METHODS,
  ...MEMORISATION_METHODS,
  ...MERGE_METHODS,
  ...METRIC_METHODS,
  ...MODEL_METHODS,
  ...PREFLIGHT_METHODS,
  ...QUEUE_METHODS,
  ...RELEASE_METHODS,
  ...RUN_METHODS,
  ...RUNTIME_METHODS,
  ...SETTINGS_METHODS,
  ...STORAGE_METHODS,
  ...TERMINAL_METHODS,
} as const;

export type StudioContract = typeof STUDIO_CONTRACT;
