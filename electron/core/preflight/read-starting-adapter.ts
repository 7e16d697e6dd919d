import { readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { StartingAdapter } from '../../shared/domain/preflight/assess-starting-adapter.ts';

/** PEFT's own file; what else it holds decides nothing here. */
const configSchema = z.object({
  r: z.int(),
  lora_alpha: z.number(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  target_modules: z.union([z.string(), z.array(z.string())]),
  modules_to_save: z.array(z.string()).nullish(),
});
const recordSchema = z.object({ base: z.object({ fingerprint: z.string() }) });

export type AdapterPlaces = Readonly<{
  /** Folder of a recipe's `lora.continueFrom`. Throws `recipe.adapter_not_found`. */
  resolveAdapter: (reference: string) => string;
  /** The fingerprint of a base, as records name it. */
  fingerprintOf: (modelPath: string) => string;
}>;

/** What a run on `modelPath` would find where its recipe says to go on. Never throws for what a person wrote. */
export function readStartingAdapter(
  reference: string,
  modelPath: string,
  places: AdapterPlaces,
): StartingAdapter {
  try {
    const folder = places.resolveAdapter(reference);
    const file = path.join(folder, 'adapter_config.json');
    const config = configSchema.safeParse(parsedFile(file));
    if (!config.success) return { kind: 'unusable', code: 'model.adapter_broken', params: { file } };
    const { r, lora_alpha: alpha, use_rslora, use_dora, target_modules, modules_to_save } = config.data;
    const record = recordSchema.safeParse(parsedFile(path.join(folder, 'legal_eagle.json')));
    return {
      kind: 'adapter',
      facts: {
        folder,
        rank: r,
        alpha,
        rsLora: use_rslora ?? false,
        dora: use_dora ?? false,
        targets: target_modules,
        whole: modules_to_save ?? [],
        sameBase: record.success
          ? places.fingerprintOf(modelPath) === record.data.base.fingerprint
          : undefined,
      },
    };
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    return { kind: 'unusable', code: error.code, params: error.params };
  }
}

function parsedFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
