import { z } from 'zod';
import { HUBS } from '../../domain/hub-endpoints.ts';
import { CARD_DOMAINS, CARD_PARTS } from '../../domain/card/card-record.ts';
import { uploadParams } from '../../protocol/upload.ts';
import { method } from '../define.ts';
import {
  emptySchema,
  errorSummarySchema,
  pageInputShape,
  pageOf,
  referenceSchema,
  timeMsSchema,
} from './common.ts';

const LANGUAGES = ['zh', 'en'] as const;
const MOST_TEXT = 4000;
const text = z.string().trim().max(MOST_TEXT).default('');

/** One repository: what goes into it, and its id. */
const partChoiceSchema = z.discriminatedUnion('part', [
  z.strictObject({
    part: z.literal('adapter'),
    /** Of this run: its final adapter, or that of checkpoint `step`. */
    run: referenceSchema,
    step: z.int().min(1).optional(),
    repository: uploadParams.shape.repository,
  }),
  z.strictObject({
    part: z.enum(['merged', 'gguf']),
    /** A model of the library. */
    model: referenceSchema,
    repository: uploadParams.shape.repository,
  }),
]);

/** What people write on a card themselves. Whatever is left empty keeps the studio's words, or is not said. */
const cardTextsSchema = z.strictObject({
  title: z.string().trim().max(120).default(''),
  domain: z.enum(CARD_DOMAINS).default('law'),
  intendedUse: text,
  limitations: text,
  citation: text,
  disclaimer: z.boolean().default(true),
  /** Of datasets, by their names on the card. */
  datasets: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(200),
        link: z
          .url({ protocol: /^https?$/u })
          .max(500)
          .optional(),
        licence: z.string().trim().min(1).max(100).optional(),
        generatedBy: z.string().trim().min(1).max(100).optional(),
      }),
    )
    .max(20)
    .default([]),
  /** Prompts of the answer board whose answers are shown; none unless chosen. */
  samplePrompts: z.array(z.string().max(MOST_TEXT)).max(10).default([]),
});

const cardShape = {
  parts: z.array(partChoiceSchema).min(1).max(CARD_PARTS.length),
  /** Never chosen by the studio; null claims nothing. */
  licence: z.string().trim().min(1).max(100).nullable().default(null),
  /** Why a person releases in spite of what a licence says. */
  licenceReason: z.string().trim().max(1000).default(''),
  texts: cardTextsSchema.prefault({}),
};

/** What a person chose for the cards. */
export const releaseCardSchema = z.object(cardShape);

const changeSchema = z.enum(['add', 'replace', 'same']);
const visibilitySchema = z.enum(['absent', 'private', 'public']);

/** A warning before a release, in words of `describeCardWarning`. */
export const releaseWarningSchema = z.object({
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  /** Going public in spite of it takes a reason that a person types. */
  needsReason: z.boolean(),
});

const sizedFileSchema = z.object({ path: z.string(), bytes: z.int() });

/** Something that could be released, with what speaks against it. */
const draftPartSchema = z.object({
  part: z.enum(CARD_PARTS),
  runId: z.string().optional(),
  /** Step of the adapter. */
  step: z.int().optional(),
  modelId: z.string().optional(),
  name: z.string(),
  /** Of the files that come from here; cards and lists of hashes are a few kilobytes more. */
  bytes: z.int(),
  files: z.array(sizedFileSchema),
  /** A name for its repository that both hubs take. */
  repositoryName: z.string(),
});

const releaseFileSchema = z.object({
  path: z.string(),
  bytes: z.int(),
  doneBytes: z.int(),
  /** `reused`: the hub had these bytes already. */
  state: z.enum(['waiting', 'hashing', 'hashed', 'sending', 'sent', 'reused']),
});

export const releasePlanSchema = z.object({
  /** What the repository was before. */
  state: visibilitySchema,
  files: z.array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string(), change: changeSchema })),
  deletes: z.array(z.string()),
  /** What else the repository has, and keeps. */
  others: z.array(z.string()).optional(),
  totalBytes: z.int(),
  sendBytes: z.int(),
});

const RELEASE_STATES = [
  /** Cards, hashes and lists are being made. */
  'preparing',
  /** A job looks at the hub, hashes, sends, commits or compares. */
  'running',
  /** The job tries again by itself. */
  'waiting',
  'stopping',
  /** Only a plan was asked for, and it is there. `releases.resume` sends. */
  'planned',
  'paused',
  'failed',
  /** Sent and compared; private unless `visibility` says otherwise. */
  'done',
  'cancelled',
] as const;

const releasePartSchema = z.object({
  part: z.enum(CARD_PARTS),
  repository: z.string(),
  runId: z.string().optional(),
  step: z.int().optional(),
  modelId: z.string().optional(),
  /** `queued`: its turn comes when the part before it is done. */
  state: z.enum([...RELEASE_STATES, 'queued']),
  /** What the job does now, by its own word: `account`, `create`, `hash`, `send`, `commit`, `verify` … */
  phase: z.string().optional(),
  jobId: z.string().optional(),
  files: z.array(releaseFileSchema),
  plan: releasePlanSchema.optional(),
  /** Of what is hashed or sent now. */
  doneBytes: z.int(),
  totalBytes: z.int(),
  bytesPerSecond: z.number().optional(),
  /** `untilMs`: when it is tried again. */
  waiting: z
    .object({
      reason: z.enum(['network', 'rate-limit', 'server']),
      detail: z.string(),
      untilMs: timeMsSchema,
    })
    .optional(),
  error: errorSummarySchema.optional(),
  /** Once it is done. */
  url: z.string().optional(),
  visibility: visibilitySchema.optional(),
  commit: z.string().optional(),
  sentBytes: z.int().optional(),
  reusedBytes: z.int().optional(),
  /** Sent again after a cut. */
  resentBytes: z.int().optional(),
  underReview: z.boolean().optional(),
  /** Its change to public is under way. */
  publishing: z.boolean(),
});

const releaseShape = {
  id: z.string(),
  name: z.string(),
  hub: z.enum(HUBS),
  origin: z.string(),
  account: z.string(),
  state: z.enum(RELEASE_STATES),
  /** Whether only a plan was asked for so far. */
  planOnly: z.boolean(),
  createdAtMs: timeMsSchema,
  endedAtMs: timeMsSchema.optional(),
  licence: z.string().optional(),
  /** Why it was made public in spite of a warning, or without a memorisation check. */
  publicReason: z.string().optional(),
};

const releaseSchema = z.object({
  ...releaseShape,
  parts: z.array(releasePartSchema),
  warnings: z.array(releaseWarningSchema.extend({ part: z.enum(CARD_PARTS) })),
  /** Folder of the generated files. */
  folder: z.string(),
});

const releaseInput = z.object({ release: referenceSchema });
const FIND_ERRORS = ['core.not_found', 'core.ambiguous'] as const;
const SOURCE_ERRORS = [
  ...FIND_ERRORS,
  'release.no_adapter',
  'release.no_files',
  'release.no_run',
  'release.part_kind',
  'model.not_ready',
] as const;

export const RELEASE_METHODS = {
  /** What a run or a model could be released as. Changes nothing and asks no hub. */
  'releases.draft': method({
    input: z.union([
      z.strictObject({ run: referenceSchema, step: z.int().min(1).optional() }),
      z.strictObject({ model: referenceSchema }),
    ]),
    output: z.object({
      name: z.string(),
      runId: z.string().optional(),
      parts: z.array(draftPartSchema),
      /** What the base's own files say. */
      baseLicence: z.object({ name: z.string().optional(), file: z.string() }).optional(),
      /** Names of the datasets on the card, with what is known of them. */
      datasets: z.array(z.object({ name: z.string() })),
      /** Prompts of the answer board, of which some may be shown. */
      samplePrompts: z.array(z.string()),
      warnings: z.array(releaseWarningSchema),
    }),
    errors: SOURCE_ERRORS,
  }),
  /** The cards as they would be released, one for each part. */
  'releases.preview': method({
    input: z.object({ ...cardShape, hub: z.enum(HUBS), language: z.enum(LANGUAGES) }),
    output: z.object({
      cards: z.array(
        z.object({
          part: z.enum(CARD_PARTS),
          readme: z.string(),
          warnings: z.array(releaseWarningSchema),
        }),
      ),
    }),
    errors: [...SOURCE_ERRORS, 'release.parts_repeat'],
  }),
  /**
   * Sends every part to a private repository of its own, one after the other. The topic `release.<id>` tells how far
   * it is, `releases` which there are. `planOnly` changes nothing at the hub: `releases.resume` then sends.
   */
  'releases.start': method({
    input: z.object({
      ...cardShape,
      account: z.string().min(1),
      language: z.enum(LANGUAGES).default('zh'),
      existing: uploadParams.shape.existing.default('refuse'),
      /** Of repositories that are there already: also takes away what the release does not have. */
      deleteOthers: z.boolean().default(false),
      maxBytesPerSecond: z.int().min(1024).optional(),
      planOnly: z.boolean().default(false),
    }),
    output: z.object({ releaseId: z.string() }),
    errors: [
      ...SOURCE_ERRORS,
      'core.read_only',
      'release.parts_repeat',
      'release.repository_busy',
      'release.account_unusable',
    ],
  }),
  'releases.list': method({
    input: z.object({ ...pageInputShape }),
    output: pageOf(z.object(releaseShape).extend({ repositories: z.array(z.string()) })),
    errors: [],
  }),
  'releases.get': method({ input: releaseInput, output: releaseSchema, errors: FIND_ERRORS }),
  /** Stops at the next safe point; what was sent stays and is not sent again. */
  'releases.pause': method({
    input: releaseInput,
    output: z.object({ releaseId: z.string() }),
    errors: [...FIND_ERRORS, 'core.read_only'],
  }),
  /**
   * Goes on after a pause, a failure or a plan; `existing` and `deleteOthers` are a person's new word on what is there
   * already.
   */
  'releases.resume': method({
    input: z.object({
      release: referenceSchema,
      existing: uploadParams.shape.existing.optional(),
      deleteOthers: z.boolean().optional(),
    }),
    output: z.object({ releaseId: z.string() }),
    errors: [...FIND_ERRORS, 'core.read_only', 'release.live', 'release.over', 'release.account_unusable'],
  }),
  /** Ends it for good here. What the hub has already stays there, and only its own pages can delete it. */
  'releases.cancel': method({
    input: releaseInput,
    output: z.object({ releaseId: z.string() }),
    errors: [...FIND_ERRORS, 'core.read_only', 'release.over'],
  }),
  /** Forgets a release that is over, with the files that were generated for it. Nothing changes at the hub. */
  'releases.remove': method({
    input: releaseInput,
    output: emptySchema,
    errors: [...FIND_ERRORS, 'core.read_only', 'release.live'],
  }),
  /**
   * The separate step after a private upload. `confirmed` repeats the repositories that become public;
   * `reason` is wanted where a warning needs one, or nobody has checked what the model remembers.
   */
  'releases.publish': method({
    input: z.object({
      release: referenceSchema,
      confirmed: z.array(z.string()).min(1),
      reason: z.string().trim().max(1000).default(''),
    }),
    output: releaseSchema,
    errors: [
      ...FIND_ERRORS,
      'core.read_only',
      'release.not_done',
      'release.live',
      'release.not_confirmed',
      'release.reason_needed',
      'release.account_unusable',
    ],
  }),
} as const;

export type ReleaseView = z.output<typeof releaseSchema>;
export type ReleasePartView = z.output<typeof releasePartSchema>;
export type ReleasePartChoice = z.output<typeof partChoiceSchema>;
export type ReleaseTexts = z.output<typeof cardTextsSchema>;
export type ReleaseWarning = z.output<typeof releaseWarningSchema>;
export type ReleaseDraft = z.output<(typeof RELEASE_METHODS)['releases.draft']['output']>;
export type ReleaseSummary = z.output<(typeof RELEASE_METHODS)['releases.list']['output']>['items'][number];

/** `releases`: every release that is not over, newest first. `release.<id>` is a whole {@link ReleaseView}. */
export type ReleasesTopicData = Readonly<{ items: readonly ReleaseSummary[] }>;
