import { z } from 'zod';

import { downloadParams } from './download.ts';
import { EXPORT_FORMAT_NAMES } from './export-format.ts';
import { mappingSchema } from './mapping.ts';
import { memorisationParams } from './memorisation.ts';
import { recipeSchema, thinkingModeSchema } from './recipe.ts';
import { templateInspectionParams } from './template-inspection.ts';
import { accountCheckParams, uploadParams, visibilityParams } from './upload.ts';
import { PROTOCOL_VERSION } from './version.ts';

const path = z.string().min(1);

const trainParams = z.strictObject({
  runId: z.string().min(1),
  attempt: z.int().min(1),
  recipe: recipeSchema,
  modelPath: path.meta({ description: 'Base model folder, absolute.' }),
  datasetPath: path.meta({ description: 'Dataset file, absolute.' }),
  runDir: path.meta({ description: 'Folder of the run; checkpoints and adapter are written below it.' }),
  tokenCacheDir: path,
  resumeFrom: path
    .nullable()
    .default(null)
    .meta({ description: 'Whole checkpoint folder to continue from.' }),
  initialAdapter: path
    .nullable()
    .default(null)
    .meta({ description: 'Adapter folder whose weights the first step starts from; ignored on a resume.' }),
});

const importParams = z.strictObject({
  sources: z.array(path).min(1),
  outPath: path.meta({ description: 'Dataset file to write, by rename.' }),
  mapping: mappingSchema.nullable().default(null),
  evalFraction: z.number().min(0).lt(1).default(0.05),
  seed: z.int().min(0).default(42),
  accept: z.enum(['none', 'usable', 'inspect']).default('none').meta({
    description:
      'What to do when rows have errors: import nothing, or import the usable rows. inspect only reports, and shows rows as they would be imported.',
  }),
});

const statisticsParams = z.strictObject({
  datasetPath: path,
  modelPath: path,
  template: z.string().default('auto'),
  thinking: thinkingModeSchema.default('none'),
  systemPrompt: z.string().nullable().default(null),
  cutoffLength: z.int().min(16).default(2048),
});

const mergeParams = z.strictObject({
  basePath: path,
  adapterPath: path,
  outPath: path,
  dtype: z.enum(['base', 'fp32']).default('base'),
  maxShardBytes: z.int().min(1024).default(2_000_000_000),
  parityPrompts: z.array(z.string()).default([]),
});

const exportParams = z.strictObject({
  format: z.enum(EXPORT_FORMAT_NAMES),
  modelPath: path.meta({ description: 'Model folder: what is written, or the base of the adapter that is.' }),
  adapterPath: path.nullable().default(null),
  outPath: path.meta({ description: 'Folder that appears when everything in it is whole.' }),
  name: z.string().min(1).meta({ description: 'File names begin with it.' }),
  template: z.string().default('auto'),
  archive: z
    .enum(['folder', 'zip'])
    .default('folder')
    .meta({ description: '`zip`: outPath is a file with everything in it.' }),
  baseRepository: z.string().nullable().default(null).meta({
    description: 'Of an adapter’s base at a hub: owner/name. Stands in the adapter instead of a path.',
  }),
  baseRevision: z.string().nullable().default(null),
  ollamaName: z
    .string()
    .nullable()
    .default(null)
    .meta({ description: 'Name under which Ollama takes the result, too.' }),
});

const convertParams = z.strictObject({
  folder: path.meta({ description: 'Model folder with .bin weights; safetensors are written beside them.' }),
});

const chatParams = z.strictObject({
  modelPath: path,
  adapterPath: path.nullable().default(null),
  template: z.string().default('auto'),
  device: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
  cpuThreads: z.int().min(0).default(0),
});

const selfTestParams = z.strictObject({});

const spec = <Kind extends string, Params extends z.ZodType>(kind: Kind, params: Params) =>
  z.strictObject({
    version: z.literal(PROTOCOL_VERSION),
    id: z.string().min(1),
    kind: z.literal(kind),
    createdAtMs: z.int(),
    nonce: z.string().min(8).meta({ description: 'Random text; the heartbeat repeats it.' }),
    params,
  });

/** `job.json`: what a job process is to do. Never holds a secret. */
export const jobSpecSchema = z
  .discriminatedUnion('kind', [
    spec('train', trainParams),
    spec('dataset-import', importParams),
    spec('dataset-statistics', statisticsParams),
    spec('merge', mergeParams),
    spec('download', downloadParams),
    spec('upload', uploadParams),
    spec('account-check', accountCheckParams),
    spec('visibility', visibilityParams),
    spec('export', exportParams),
    spec('memorisation', memorisationParams),
    spec('convert', convertParams),
    spec('template-inspection', templateInspectionParams),
    spec('chat', chatParams),
    spec('self-test', selfTestParams),
  ])
  .meta({ title: 'JobSpec' });

export type JobSpec = z.output<typeof jobSpecSchema>;
export type JobKind = JobSpec['kind'];
export type JobParams<Kind extends JobKind> = Extract<JobSpec, { kind: Kind }>['params'];
