import { z } from 'zod';
import { HUBS, type Hub } from '../../domain/hub-endpoints.ts';
import { modelCatalogueSchema } from '../../domain/model-catalogue.ts';
import { MODEL_KINDS } from '../../domain/model-kinds.ts';
import { downloadParams } from '../../protocol/download.ts';
import { method } from '../define.ts';
import { errorSummarySchema, pageInputShape, pageOf, referenceSchema, timeMsSchema } from './common.ts';

/** What a licence is called, where a file says so, and the file that says it. */
const licenceSchema = z.object({ name: z.string().optional(), file: z.string() });

/** Of an adapter: how it was made, and what its file calls the base it belongs to. */
const adapterFactsSchema = z.object({
  rank: z.int(),
  alpha: z.number(),
  targets: z.union([z.string(), z.array(z.string())]),
  whole: z.array(z.string()),
  baseName: z.string().optional(),
});

/** What the files of a model say, read without executing anything. */
const modelFactsSchema = z.object({
  architecture: z.string(),
  family: z.string().optional(),
  layout: z.enum(['internlm2', 'llama']).optional(),
  dtype: z.string(),
  parameters: z.int(),
  bytes: z.int(),
  layers: z.int().optional(),
  hiddenSize: z.int().optional(),
  heads: z.int().optional(),
  kvHeads: z.int().optional(),
  vocabSize: z.int().optional(),
  maxPositions: z.int().optional(),
  template: z.string().optional(),
  /** Layers that look back a limited number of tokens; absent where every layer sees all. */
  window: z.object({ tokens: z.int(), layers: z.int() }).optional(),
  licence: licenceSchema.optional(),
  adapter: adapterFactsSchema.optional(),
  /** The folder names or holds code of its own, which is never run. */
  carriesCode: z.boolean().optional(),
  /** Whether it can be trained on (an adapter: continued from). */
  supported: z.boolean(),
  /** Why not. */
  reason: errorSummarySchema.optional(),
});

/** Where a model came from, as far as that is known. */
export const modelSourceSchema = z.object({
  hub: z.enum([...HUBS, 'ollama']),
  repository: z.string(),
  revision: z.string().optional(),
});

export const modelSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** A folder; of a GGUF model the file. */
  path: z.string(),
  kind: z.enum(MODEL_KINDS),
  /** `run`: the adapter of a run, which is listed by itself and goes with the run. */
  origin: z.enum(['added', 'merged', 'downloaded', 'run']),
  state: z.enum(['ready', 'building', 'failed']),
  createdAtMs: timeMsSchema,
  facts: modelFactsSchema.optional(),
  source: modelSourceSchema.optional(),
  baseModelPath: z.string().optional(),
  runId: z.string().optional(),
  step: z.int().optional(),
  jobId: z.string().optional(),
  error: errorSummarySchema.optional(),
  parity: z.record(z.string(), z.unknown()).optional(),
});

/** How far the SHA-256 of a model's files are known: of which bytes, of how many. */
const digestStateSchema = z.object({
  state: z.enum(['none', 'waiting', 'running', 'partial', 'whole']),
  doneBytes: z.int(),
  totalBytes: z.int(),
  /** Path below the folder, in its order. */
  files: z.array(z.object({ name: z.string(), bytes: z.int(), sha256: z.string().optional() })),
});

/** A model as its own page shows it. */
export const modelDetailSchema = modelSchema.extend({
  /** The base of an adapter or of a merged model, where the library has it. */
  base: z.object({ id: z.string(), name: z.string() }).optional(),
  digests: digestStateSchema,
});

export const MODEL_SORTS = ['createdAtMs', 'name', 'kind', 'parameters', 'bytes'] as const;

/** A cache of another program, and whether its folder is there. */
const modelCacheSchema = z.object({
  kind: z.enum(['huggingface', 'modelscope', 'ollama']),
  path: z.string(),
  /** The variable that names it; absent for its usual place. */
  variable: z.string().optional(),
});

const foundModelSchema = z.object({
  kind: z.enum(MODEL_KINDS),
  name: z.string(),
  path: z.string(),
  bytes: z.int(),
  source: modelSourceSchema,
  /** What is not there yet, as after a download that was cut; empty where it is whole. */
  missing: z.array(z.string()),
  /** The record that it already has. */
  modelId: z.string().optional(),
});

/** Errors that keep a folder or file out of the library. */
const ADD_REFUSALS = [
  'model.adapter_broken',
  'model.config_broken',
  'model.config_invalid',
  'model.config_missing',
  'model.extra_tensors',
  'model.folder_missing',
  'model.gguf_broken',
  'model.gguf_several',
  'model.index_broken',
  'model.index_path',
  'model.missing_tensors',
  'model.no_weights',
  'model.pickle_only',
  'model.shard_broken',
  'model.shard_missing',
  'model.tensor_shape',
] as const;

const fitSchema = z.object({
  /** `none`: not even with 4 bits; `unknown`: the card does not say how much memory it has. */
  verdict: z.enum(['whole', 'int8', 'nf4', 'none', 'unknown']),
  /** Of the device it was reckoned for. */
  device: z.string(),
  capacityBytes: z.int().optional(),
  peakBytes: z.int().optional(),
});

const catalogueEntrySchema = modelCatalogueSchema.shape.models.element
  .omit({ shape: true })
  .extend({ fit: fitSchema, modelId: z.string().optional() });

export const MODEL_METHODS = {
  /**
   * Adds a folder or a GGUF file by reference; nothing is copied. What is damaged or dangerous is refused by name;
   * what is whole and cannot be trained here becomes a record that says why.
   */
  'models.add': method({
    input: z.object({
      path: z.string().min(1),
      name: z.string().trim().min(1).max(120).optional(),
      /** Where it came from; without it, what a path inside a cache says. */
      source: modelSourceSchema.optional(),
    }),
    output: modelSchema,
    errors: ['core.read_only', ...ADD_REFUSALS],
  }),
  'models.list': method({
    input: z.object({
      search: z.string().max(200).default(''),
      /** Empty: every kind. */
      kinds: z.array(z.enum(MODEL_KINDS)).default([]),
      sort: z.enum(MODEL_SORTS).default('createdAtMs'),
      descending: z.boolean().default(true),
      ...pageInputShape,
    }),
    output: pageOf(modelSchema),
    errors: [],
  }),
  'models.show': method({
    input: z.object({ model: referenceSchema }),
    output: modelDetailSchema,
    errors: ['core.not_found', 'core.ambiguous'],
  }),
  /** Forgets an added folder; one that the studio made moves into the trash. Both can be restored. */
  'models.remove': method({
    input: z.object({ model: referenceSchema }),
    output: z.object({ modelId: z.string(), trashId: z.string().optional() }),
    errors: [
      'core.not_found',
      'core.ambiguous',
      'core.read_only',
      'model.in_use',
      'model.of_run',
      'storage.cannot_move',
    ],
  }),
  /** Where the caches of other programs lie on this machine, by their variables or by custom; looks into none. */
  'models.caches': method({
    input: z.object({}),
    output: z.object({ items: z.array(modelCacheSchema) }),
    errors: [],
  }),
  /** The models that lie in a cache. Follows links only inside it; changes nothing. */
  'models.scan': method({
    input: z.object({ kind: modelCacheSchema.shape.kind, path: z.string().min(1) }),
    output: z.object({
      exists: z.boolean(),
      items: z.array(foundModelSchema),
      /** How many more there are than are listed. */
      left: z.int(),
    }),
    errors: [],
  }),
  /** Bases that are known by name, and whether training them fits this machine with the default recipe. */
  'models.catalogue': method({
    input: z.object({}),
    output: z.object({ items: z.array(catalogueEntrySchema) }),
    errors: [],
  }),
  /**
   * Fetches a repository of a hub into the data folder; the topic `models` says how far it is. A token goes along
   * only to the very origin that its account is bound to, never to a mirror.
   */
  'models.download': method({
    input: z.object({
      hub: z.enum(HUBS),
      repository: downloadParams.shape.repository,
      revision: downloadParams.shape.revision.unwrap().unwrap().optional(),
      /** A mirror; without one the hub itself. */
      endpoint: z.string().trim().min(1).max(500).optional(),
      name: z.string().trim().min(1).max(120).optional(),
    }),
    output: z.object({ modelId: z.string(), jobId: z.string() }),
    errors: ['core.read_only', 'accounts.endpoint_refused', 'model.downloading'],
  }),
  /** Stops a download; what has come stays. */
  'models.pauseDownload': method({
    input: z.object({ model: referenceSchema }),
    output: z.object({ modelId: z.string() }),
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only'],
  }),
  /** Goes on with what is left of a download that was paused or has failed. */
  'models.resumeDownload': method({
    input: z.object({ model: referenceSchema }),
    output: z.object({ modelId: z.string(), jobId: z.string() }),
    errors: [
      'core.not_found',
      'core.ambiguous',
      'core.read_only',
      'model.downloading',
      'model.not_downloaded',
    ],
  }),
  /** Stops a download that is not whole and deletes what has come of it. */
  'models.cancelDownload': method({
    input: z.object({ model: referenceSchema }),
    output: z.object({ modelId: z.string() }),
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'model.not_downloaded'],
  }),
  /** Computes the SHA-256 of a model's files in the background, or goes on with what is left; `stop` ends it. */
  'models.digest': method({
    input: z.object({ model: referenceSchema, stop: z.boolean().default(false) }),
    output: digestStateSchema,
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'model.not_ready'],
  }),
} as const;

export type ModelFacts = z.output<typeof modelFactsSchema>;
export type ModelView = z.output<typeof modelSchema>;
export type ModelDetail = z.output<typeof modelDetailSchema>;
export type ModelSource = z.output<typeof modelSourceSchema>;
export type ModelSort = (typeof MODEL_SORTS)[number];
export type ModelCache = z.output<typeof modelCacheSchema>;
export type FoundModel = z.output<typeof foundModelSchema>;
export type CatalogueEntry = z.output<typeof catalogueEntrySchema>;
export type CatalogueFit = z.output<typeof fitSchema>;
export type DigestState = z.output<typeof digestStateSchema>;

/** A download that is not whole: under way, paused, or failed with its reason. */
export type DownloadView = Readonly<{
  modelId: string;
  jobId: string;
  name: string;
  hub: Hub;
  endpoint: string;
  repository: string;
  revision?: string;
  state: 'listing' | 'fetching' | 'waiting' | 'stopping' | 'paused' | 'failed';
  doneBytes: number;
  /** Undefined until the hub has said what there is. */
  totalBytes?: number;
  bytesPerSecond?: number;
  files: readonly Readonly<{ path: string; bytes: number; doneBytes: number; verified: boolean }>[];
  /** Why nothing comes, while the job tries again by itself. */
  /** `untilMs`: when it is tried again. */
  waiting?: Readonly<{ reason: 'network' | 'rate-limit' | 'server'; detail: string; untilMs: number }>;
  error?: z.output<typeof errorSummarySchema>;
}>;

/** `models`: the digest that is computed now, and every download that is not whole. */
export type ModelsTopicData = Readonly<{
  /** Grows when a job has changed records by itself: a merge, a conversion, a whole model of a run. */
  recordChanges: number;
  downloads: readonly DownloadView[];
  digesting: Readonly<{ modelId: string; doneBytes: number; totalBytes: number }> | null;
}>;
