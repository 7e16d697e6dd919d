import { z } from 'zod';

const path = z.string().min(1);
const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What in a text tells of one person. A name is a hint only: it is found by the words around it, never by a sum
 * of its own.
 */
const PERSONAL_DATA_KINDS = [
  'id-number',
  'bank-card',
  'mobile',
  'email',
  'licence-plate',
  'address',
  'name',
] as const;
const personalDataKindSchema = z.enum(PERSONAL_DATA_KINDS);

/**
 * Whether training rows can be drawn out of a tuned model word for word. A row is asked for with its own prompt
 * and the first tokens of its answer, greedily; the same is asked of the base.
 */
export const memorisationParams = z.strictObject({
  basePath: path.meta({
    description: 'Base model folder, absolute: what it knows already is not the run’s.',
  }),
  adapterPath: path.nullable().default(null).meta({ description: 'Adapter of the base that is checked.' }),
  modelPath: path
    .nullable()
    .default(null)
    .meta({ description: 'Whole model that is checked, where there is no adapter.' }),
  datasetPath: path,
  outPath: path.meta({ description: 'File that the result is written to, by rename.' }),
  runId: z.string().min(1),
  step: count.meta({ description: 'Of the run, whose weights are checked.' }),
  template: z.string().default('auto'),
  systemPrompt: z.string().nullable().default(null),
  cutoffLength: z.int().min(16).default(2048),
  rows: z.int().min(0).max(4096).default(64).meta({
    description: 'Training rows that are asked for; 0 only looks for personal data in the rows.',
  }),
  seed: z.int().min(0).default(42),
  prefixTokens: z
    .int()
    .min(0)
    .max(512)
    .default(16)
    .meta({ description: 'Tokens of the answer that are given.' }),
  continuationTokens: z
    .int()
    .min(16)
    .max(1024)
    .default(128)
    .meta({ description: 'Tokens that are asked for at most.' }),
  device: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
  cpuThreads: z.int().min(0).default(0),
});

/** Of one kind: in how many rows or answers, and how many different values. */
const personalDataCount = { kind: personalDataKindSchema, hint: z.boolean() };

/** `memorisation.json` of a run, and `result` of the job. Holds no value of the rows, only masked excerpts. */
export const memorisationResultSchema = z.strictObject({
  version: z.literal(1),
  createdAtMs: z.int().min(0),
  runId: z.string(),
  step: count,
  weights: z.enum(['adapter', 'model']),
  /** Of the adapter's file; null of a whole model. */
  weightsSha256: sha256.nullable(),
  parameters: z.strictObject({
    rows: count,
    seed: count,
    prefixTokens: count,
    continuationTokens: count,
    /** A run of equal tokens of this length counts as verbatim, */
    verbatimTokens: count,
    /** or one of this share of the rest of the answer, where that is shorter. */
    verbatimShare: z.number(),
  }),
  dataset: z.strictObject({
    contentHash: sha256,
    /** Whether the rows are those that the weights were trained on; null where the weights do not say. */
    asTrained: z.boolean().nullable(),
    trainRows: count,
  }),
  askedRows: count,
  /** Rows that were drawn and passed over: too little of their answer is left to tell. */
  shortRows: count,
  verbatim: z.strictObject({
    tuned: count,
    base: count,
    /** Given by the tuned model word for word, and not by its base. */
    added: count,
  }),
  /** `added` of the rows asked; null where none was. */
  addedShare: z.number().nullable(),
  personalData: z.strictObject({
    /** Training rows with any kind that is more than a hint. */
    foundRows: count,
    /** In all training rows. */
    rows: z.array(z.strictObject({ ...personalDataCount, rows: count, values: count })),
    /** In what the tuned model wrote and was not given. */
    outputs: z.array(
      z.strictObject({
        ...personalDataCount,
        /** Values that stand in the training rows, and that the base did not write. */
        reproduced: count,
        /** Values of no training row: made up, or known before. */
        other: count,
      }),
    ),
  }),
  /** The longest runs first. */
  examples: z
    .array(
      z.strictObject({
        rowId: z.int(),
        restTokens: count,
        tunedTokens: count,
        baseTokens: count,
        verbatim: z.boolean(),
        excerpt: z.string().meta({ description: 'What agrees, personal data masked.' }),
        personalData: z.array(personalDataKindSchema),
      }),
    )
    .max(10),
  seconds: z.number().min(0),
});

export type MemorisationResult = z.output<typeof memorisationResultSchema>;
