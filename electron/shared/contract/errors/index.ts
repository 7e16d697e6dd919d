import type { ErrorBody } from '../studio-error.ts';
import { ACCOUNT_ERRORS } from './accounts.ts';
import { CARD_ERRORS } from './card.ts';
import { CHAT_ERRORS } from './chat.ts';
import { CHAT_SERVICE_ERRORS } from './chat-service.ts';
import { CLI_ERRORS } from './cli.ts';
import { CORE_ERRORS } from './core.ts';
import { DATA_ERRORS } from './data.ts';
import { DATA_FOLDER_ERRORS } from './data-folder.ts';
import { DATASET_ERRORS } from './dataset.ts';
import type { ErrorText, ErrorTexts } from './error-table.ts';
import { EXPORT_ERRORS } from './export.ts';
import { GPU_ERRORS } from './gpu.ts';
import { HOST_ERRORS } from './host.ts';
import { HUB_ERRORS } from './hub.ts';
import { JOB_ERRORS } from './job.ts';
import { MEMORISATION_ERRORS } from './memorisation.ts';
import { MERGE_ERRORS } from './merge.ts';
import { MERGE_SERVICE_ERRORS } from './merge-service.ts';
import { MODEL_ERRORS } from './model.ts';
import { MODEL_CONVERT_ERRORS } from './model-convert.ts';
import { MODEL_LIBRARY_ERRORS } from './model-library.ts';
import { PREFLIGHT_ERRORS } from './preflight.ts';
import { QUEUE_ERRORS } from './queue.ts';
import { RECIPE_ERRORS } from './recipe.ts';
import { RELEASE_ERRORS } from './release.ts';
import { ROW_ERRORS } from './row.ts';
import { RUN_ERRORS } from './run.ts';
import { RUNTIME_ERRORS } from './runtime.ts';
import { RUNTIME_VARIANT_ERRORS } from './runtime-variant.ts';
import { SECRET_ERRORS } from './secrets.ts';
import { SERVER_ERRORS } from './server.ts';
import { SETTINGS_ERRORS } from './settings.ts';
import { STORAGE_ERRORS } from './storage.ts';
import { TEMPLATE_ERRORS } from './template.ts';
import { TERMINAL_ERRORS } from './terminal.ts';
import { TRAIN_ERRORS } from './train.ts';
import { TRAIN_RANK_ERRORS } from './train-ranks.ts';
import { UPLOAD_ERRORS } from './upload.ts';

/** The tables by file; no code may stand in two of them (a test checks it). */
export const ERROR_TABLES = {
  accounts: ACCOUNT_ERRORS,
  card: CARD_ERRORS,
  chat: CHAT_ERRORS,
  'chat-service': CHAT_SERVICE_ERRORS,
  cli: CLI_ERRORS,
  core: CORE_ERRORS,
  data: DATA_ERRORS,
  'data-folder': DATA_FOLDER_ERRORS,
  dataset: DATASET_ERRORS,
  export: EXPORT_ERRORS,
  gpu: GPU_ERRORS,
  host: HOST_ERRORS,
  hub: HUB_ERRORS,
  job: JOB_ERRORS,
  memorisation: MEMORISATION_ERRORS,
  merge: MERGE_ERRORS,
  'merge-service': MERGE_SERVICE_ERRORS,
  model: MODEL_ERRORS,
  'model-convert': MODEL_CONVERT_ERRORS,
  'model-library': MODEL_LIBRARY_ERRORS,
  preflight: PREFLIGHT_ERRORS,
  queue: QUEUE_ERRORS,
  recipe: RECIPE_ERRORS,
  release: RELEASE_ERRORS,
  row: ROW_ERRORS,
  run: RUN_ERRORS,
  runtime: RUNTIME_ERRORS,
  'runtime-variant': RUNTIME_VARIANT_ERRORS,
  secrets: SECRET_ERRORS,
  server: SERVER_ERRORS,
  settings: SETTINGS_ERRORS,
  storage: STORAGE_ERRORS,
  template: TEMPLATE_ERRORS,
  terminal: TERMINAL_ERRORS,
  train: TRAIN_ERRORS,
  'train-ranks': TRAIN_RANK_ERRORS,
  upload: UPLOAD_ERRORS,
} as const;

const ERROR_TEXTS = {
  ...ACCOUNT_ERRORS,
  ...CARD_ERRORS,
  ...CHAT_ERRORS,
  ...CHAT_SERVICE_ERRORS,
  ...CLI_ERRORS,
  ...CORE_ERRORS,
  ...DATA_ERRORS,
  ...DATA_FOLDER_ERRORS,
  ...DATASET_ERRORS,
  ...EXPORT_ERRORS,
  ...GPU_ERRORS,
  ...HOST_ERRORS,
  ...HUB_ERRORS,
  ...JOB_ERRORS,
  ...MEMORISATION_ERRORS,
  ...MERGE_ERRORS,
  ...MERGE_SERVICE_ERRORS,
  ...MODEL_ERRORS,
  ...MODEL_CONVERT_ERRORS,
  ...MODEL_LIBRARY_ERRORS,
  ...PREFLIGHT_ERRORS,
  ...QUEUE_ERRORS,
  ...RECIPE_ERRORS,
  ...RELEASE_ERRORS,
  ...ROW_ERRORS,
  ...RUN_ERRORS,
  ...RUNTIME_ERRORS,
  ...RUNTIME_VARIANT_ERRORS,
  ...SECRET_ERRORS,
  ...SERVER_ERRORS,
  ...SETTINGS_ERRORS,
  ...STORAGE_ERRORS,
  ...TEMPLATE_ERRORS,
  ...TERMINAL_ERRORS,
  ...TRAIN_ERRORS,
  ...TRAIN_RANK_ERRORS,
  ...UPLOAD_ERRORS,
} as const;

export type ErrorCode = keyof typeof ERROR_TEXTS;
export type ErrorLanguage = keyof ErrorTexts;

/** Between the items of a list. */
const SEPARATORS: Readonly<Record<ErrorLanguage, string>> = { en: ', ', zh: '、' };

const fill = (template: string, params: Readonly<Record<string, unknown>>, language: ErrorLanguage): string =>
  template.replace(/\{([A-Za-z][A-Za-z0-9]*)\}/gu, (whole, name: string) => {
    const value = params[name];
    if (value === undefined || value === null) return whole;
    if (Array.isArray(value)) return value.map(String).join(SEPARATORS[language]);
    return typeof value === 'string' ? value : JSON.stringify(value);
  });

/**
 * The words for an error in one language. A code without texts (of a newer runtime, say) is described as
 * `core.internal` with the code kept in the message.
 */
export function describeError(
  error: Pick<ErrorBody, 'code' | 'params'>,
  language: ErrorLanguage,
): ErrorText & { readonly code: string } {
  const known: Readonly<Record<string, ErrorTexts>> = ERROR_TEXTS;
  const texts = Object.hasOwn(known, error.code) ? known[error.code] : undefined;
  const text = (texts ?? ERROR_TEXTS['core.internal'])[language];
  return {
    code: error.code,
    message: fill(text.message, error.params, language) + (texts === undefined ? ` (${error.code})` : ''),
    cause: fill(text.cause, error.params, language),
    action: fill(text.action, error.params, language),
  };
}
