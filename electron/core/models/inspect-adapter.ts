import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import type { ModelFacts } from '../../shared/contract/methods/models.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import { readLicence } from './read-licence.ts';
import { readSafetensorsHeader } from './safetensors-header.ts';
import { tensorTotals } from './tensor-totals.ts';

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
const PICKLE = /^adapter_model\.(bin|pt|pth)$/u;
const MOST_NAMED = 400;

/** PEFT's own file; what else it holds decides nothing here. */
const configSchema = z.object({
  peft_type: z.string().default('LORA'),
  base_model_name_or_path: z.string().nullish(),
  r: z.int().nonnegative(),
  lora_alpha: z.number(),
  use_dora: z.boolean().nullish(),
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  modules_to_save: z.array(z.string()).nullish(),
});

/** Whether a folder is an adapter's. */
export const isAdapterFolder = (folder: string): boolean =>
  statSync(path.join(folder, CONFIG), { throwIfNoEntry: false })?.isFile() ?? false;

/**
 * What the files of an adapter folder say. Throws `model.adapter_broken`, `model.pickle_only`, `model.no_weights`,
 * `model.shard_broken`.
 */
export function inspectAdapter(folder: string): ModelFacts {
  const config = readConfig(path.join(folder, CONFIG));
  if (!(statSync(path.join(folder, WEIGHTS), { throwIfNoEntry: false })?.isFile() ?? false)) {
    const pickle = readdirSync(folder)
      .sort()
      .find((name) => PICKLE.test(name));
    if (pickle !== undefined) throw new StudioError('model.pickle_only', { folder, file: pickle });
    throw new StudioError('model.no_weights', { folder });
  }
  const licence = readLicence(folder);
  const isLora = config.peft_type.toUpperCase() === 'LORA';
  const method = config.use_dora === true ? 'DoRA' : isLora ? 'LoRA' : config.peft_type.slice(0, 60);
  const baseName = config.base_model_name_or_path ?? '';
  return {
    architecture: method,
    ...tensorTotals(readSafetensorsHeader(path.join(folder, WEIGHTS)).values()),
    ...(licence === undefined ? {} : { licence }),
    adapter: {
      rank: config.r,
      alpha: config.lora_alpha,
      targets: config.target_modules ?? [],
      whole: config.modules_to_save ?? [],
      ...(baseName === '' ? {} : { baseName: baseName.slice(0, MOST_NAMED) }),
    },
    supported: isLora,
    ...(isLora
      ? {}
      : { reason: { code: 'model.adapter_unsupported', params: { setting: 'peft_type', value: method } } }),
  };
}

function readConfig(file: string): z.output<typeof configSchema> {
  try {
    return configSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new StudioError('model.adapter_broken', { file }, { detail, cause: error });
  }
}
