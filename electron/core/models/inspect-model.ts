import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { ModelFacts } from '../../shared/contract/methods/models.ts';
import { checkDtypes, checkTensors } from './expected-tensors.ts';
import { readModelShape, statedArchitecture, type ModelShape } from './model-shape.ts';
import { readModelTensors } from './model-tensors.ts';
import { readLicence } from './read-licence.ts';
import type { TensorInfo } from './safetensors-header.ts';
import { tensorTotals } from './tensor-totals.ts';

const MOST_NAME = 120;
import { isFile } from './is-file.ts';
import { parseStrictObject } from './strict-json.ts';

const jsonObjectSchema = z.record(z.string(), z.unknown());
const tokenSchema = z.union([
  z.string(),
  z.object({ content: z.string() }).transform((token) => token.content),
]);
const addedTokensSchema = z.object({ added_tokens: z.array(z.object({ content: z.string() })).default([]) });

/**
 * What the files of a model folder say, without executing anything. Throws the `model.*` error that keeps the
 * engine from training it; a folder that passes is supported.
 */
export function inspectModel(folder: string): ModelFacts {
  const config = readConfig(folder);
  const tensors = readModelTensors(folder);
  const shape = readModelShape(config, new Set(tensors.keys()));
  if (shape.isCompat === true) checkDtypes(tensors);
  else checkTensors(shape, tensors);
  const template = detectTemplate(folder);
  const licence = readLicence(folder);
  const limited = (shape.windows ?? []).filter((window) => window !== null);
  const family = textOf(config['model_type']);
  return {
    architecture: shape.architecture,
    ...(family === undefined ? {} : { family }),
    ...(shape.isCompat === true ? {} : { layout: shape.layout }),
    ...tensorTotals(tensors.values()),
    layers: shape.layers,
    hiddenSize: shape.hiddenSize,
    heads: shape.heads,
    kvHeads: shape.kvHeads,
    vocabSize: shape.vocabSize,
    maxPositions: shape.maxPositions,
    ...(template === undefined ? {} : { template }),
    ...(limited[0] === undefined ? {} : { window: { tokens: limited[0], layers: limited.length } }),
    ...(licence === undefined ? {} : { licence }),
    ...(carriesCode(folder, config) ? { carriesCode: true } : {}),
    supported: true,
  };
}

/** What can be said of a whole folder that the engine does not compute. Throws as `inspectModel` does. */
export function inspectUnsupported(folder: string, reason: NonNullable<ModelFacts['reason']>): ModelFacts {
  const config = readConfig(folder);
  const tensors = readModelTensors(folder);
  const licence = readLicence(folder);
  const family = textOf(config['model_type']);
  const size = (key: string): number | undefined => {
    const value = config[key];
    return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
  };
  const sizes = {
    layers: size('num_hidden_layers'),
    hiddenSize: size('hidden_size'),
    heads: size('num_attention_heads'),
    kvHeads: size('num_key_value_heads'),
    vocabSize: size('vocab_size'),
    maxPositions: size('max_position_embeddings'),
  };
  return {
    architecture: statedArchitecture(config, family ?? ''),
    ...(family === undefined ? {} : { family }),
    ...tensorTotals(tensors.values()),
    ...Object.fromEntries(Object.entries(sizes).filter(([, value]) => value !== undefined)),
    ...(licence === undefined ? {} : { licence }),
    supported: false,
    reason,
  };
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, MOST_NAME) : undefined;

/** Whether the folder brings code for other programs (`auto_map`, .py files); here nothing of it is ever run. */
function carriesCode(folder: string, config: Readonly<Record<string, unknown>>): boolean {
  return 'auto_map' in config || readdirSync(folder).some((name) => name.endsWith('.py'));
}

/** The shape of a model folder, as `inspectModel` reads it. Throws its errors. */
export function readShapeOf(folder: string): ModelShape {
  const tensors = readModelTensors(folder);
  const shape = readModelShape(readConfig(folder), new Set(tensors.keys()));
  return shape.isCompat === true ? { ...shape, linearNames: linearNames(tensors) } : shape;
}

/** Matrices inside numbered layers: what can get an adapter, where no layout of ours names it. */
function linearNames(tensors: ReadonlyMap<string, TensorInfo>): readonly string[] {
  return [...tensors]
    .filter(([name, { shape }]) => shape.length === 2 && /\.\d+\..+\.weight$/u.test(name))
    .map(([name]) => name.slice(0, -'.weight'.length))
    .toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }));
}

function readConfig(folder: string): Readonly<Record<string, unknown>> {
  if (!(statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    throw new StudioError('model.folder_missing', { folder });
  }
  const file = path.join(folder, 'config.json');
  if (!isFile(file)) {
    const isAdapter = isFile(path.join(folder, 'adapter_config.json'));
    throw new StudioError(isAdapter ? 'model.adapter_not_base' : 'model.config_missing', { folder });
  }
  try {
    return parseStrictObject(readFileSync(file));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new StudioError('model.config_broken', { file }, { detail, cause: error });
  }
}

/**
 * The chat template by its control tokens, as `legal_eagle.models.templates.detect_template` finds it;
 * undefined where only the tokenizer itself can tell. A hint for the screen: jobs detect it by themselves.
 */
function detectTemplate(folder: string): string | undefined {
  const tokens = addedTokensSchema.safeParse(readJson(path.join(folder, 'tokenizer.json')));
  if (!tokens.success) return undefined;
  const names = new Set(tokens.data.added_tokens.map((token) => token.content));
  if (!names.has('<|im_start|>') || !names.has('<|im_end|>')) {
    return names.has('<eoh>') && names.has('<eoa>') ? 'internlm' : undefined;
  }
  const config = jsonObjectSchema.safeParse(readJson(path.join(folder, 'tokenizer_config.json')));
  const bos = tokenSchema.safeParse(config.success ? config.data['bos_token'] : undefined);
  return bos.success && bos.data === '<s>' ? 'internlm2' : 'llama-chatml';
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
