import type { Recipe } from '../../protocol/recipe.ts';
import type { Hub } from '../hub-endpoints.ts';

export type CardLanguage = 'zh' | 'en';

/** What a repository holds. */
export const CARD_PARTS = ['adapter', 'merged', 'gguf'] as const;
export type CardPart = (typeof CARD_PARTS)[number];

/** What the answers are about; it decides the disclaimer. */
export const CARD_DOMAINS = ['law', 'medicine', 'general'] as const;
export type CardDomain = (typeof CARD_DOMAINS)[number];

/** `owner/name` of the repositories that are released together, so that their cards link each other. */
export type CardRepositories = Readonly<Partial<Record<CardPart, string>>>;

/** What the files of a base say of their licence; `name` as they spell it. Undefined where they say nothing. */
export type StatedLicence = Readonly<{ name: string | undefined; file: string }>;

export type CardBase = Readonly<{
  name: string;
  /** Ids by hub, as far as they are known: lineage is claimed only where the hub itself knows the base. */
  ids: Readonly<Partial<Record<Hub, string>>>;
  revision: string | undefined;
  architecture: string | undefined;
  /** Parameters of the whole base. */
  parameters: number | undefined;
  licence: StatedLicence | undefined;
  /** The hub asks for an accepted licence before it hands the base out. */
  gated: boolean;
}>;

export type CardDataset = Readonly<{
  name: string;
  link: string | undefined;
  /** As its publisher states it, or a person knows it; undefined where nobody has said. */
  licence: string | undefined;
  /** Service that wrote its answers, where a person has said so or the data is known for it. */
  generatedBy: string | undefined;
  /** One equation: rows = train + evaluation + excluded. */
  counts: Readonly<{ rows: number; train: number; eval: number; excluded: number }> | undefined;
  evalFraction: number | undefined;
  splitSeed: number | undefined;
  /** Why rows are excluded, by code. */
  excludedReasons: readonly Readonly<{ code: string; count: number }>[];
  /** SHA-256 over the rows that are trained and evaluated on. */
  contentHash: string | undefined;
  sources: readonly Readonly<{ file: string; bytes: number; sha256: string; records: number }>[];
}>;

/** What the engine said it would do before the first step. */
export type CardPlan = Readonly<{
  steps: number;
  stepsPerEpoch: number;
  epochs: number;
  globalBatch: number;
  batchUnit: 'samples' | 'packs';
  trainRows: number;
  evalRows: number;
  trainTokens: number;
  answerTokens: number;
  truncatedRows: number;
  droppedRows: number;
  /** Parameters that are trained. */
  trainedParameters: number;
  planHash: string;
}>;

export type CardMachine = Readonly<{
  /** One entry a card or CPU that computed, in the order of ranks. */
  devices: readonly string[];
  precision: string | undefined;
  /** Operating system, without its host's name. */
  platform: string | undefined;
  python: string | undefined;
  /** Packages with their versions. */
  packages: readonly Readonly<{ name: string; version: string }>[];
}>;

export type CardTraining = Readonly<{
  runId: string;
  runName: string;
  recipe: Recipe;
  plan: CardPlan | undefined;
  /** Step whose weights are released. */
  step: number;
  epoch: number | undefined;
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  /** Time in which steps were computed, over all attempts; pauses are not in it. */
  computeMs: number | undefined;
  attempts: number;
  machine: CardMachine;
  loss: Readonly<{ first: number | undefined; last: number | undefined }>;
  evalLoss: Readonly<{
    /** Of the base itself, before the first step. */
    base: number | undefined;
    /** Of the weights that are released. */
    released: number | undefined;
    best: Readonly<{ value: number; step: number }> | undefined;
    rows: number | undefined;
  }>;
}>;

/** A measured result beside the losses. */
export type CardEvaluation = Readonly<{
  dataset: string;
  metric: string;
  value: number;
  /** The base model's own result of the same measurement. */
  baseValue: number | undefined;
  /** What measured it, with its version. */
  harness: string | undefined;
}>;

export type CardSample = Readonly<{
  step: number;
  prompt: string;
  answer: string;
  baseAnswer: string | undefined;
}>;

/** Of a merge: how far the written files are from base plus adapter. */
export type CardParity = Readonly<{
  passed: boolean;
  maxAbsLogitDiff: number | undefined;
  greedyAgrees: boolean | undefined;
  prompts: number | undefined;
}>;

/** Everything that a card says. What is undefined was not recorded, and the card says so instead of guessing. */
export type CardRecord = Readonly<{
  part: CardPart;
  title: string;
  /** Whom the repository is meant for in the end; every repository begins private. */
  audience: 'private' | 'public';
  domain: CardDomain;
  /** A person's own words; empty where they left the studio's. */
  words: Readonly<{ intendedUse: string; limitations: string; citation: string }>;
  /** Whether the disclaimer of the domain stands on the card; leaving it out is warned of. */
  hasDisclaimer: boolean;
  /** Licence that a person chose for this repository; undefined until they did. There is no default. */
  licence: string | undefined;
  /** Why a person publishes in spite of what a licence says. */
  licenceReason: string | undefined;
  repositories: Readonly<Record<Hub, CardRepositories>>;
  base: CardBase;
  datasets: readonly CardDataset[];
  /** In which the rows are written, the most frequent first; empty where nobody looked. */
  languages: readonly ('zh' | 'en')[];
  training: CardTraining;
  /** Chat template that the answers need. */
  template: string | undefined;
  evaluations: readonly CardEvaluation[];
  /** Only what a person has chosen to show. */
  samples: readonly CardSample[];
  parity: CardParity | undefined;
  /** Files of the repository that hold weights. */
  weights: readonly Readonly<{ path: string; bytes: number }>[];
  /** Type of the released weights, such as bfloat16 or Q4_K_M. */
  weightType: string | undefined;
  /** Repository path of the picture of the losses; undefined where nothing was drawn. */
  picture: string | undefined;
  /** Whether a file LICENSE lies in the repository. */
  hasLicenceFile: boolean;
  /** Rows looked at for personal data, and those that seem to hold some; undefined where nobody looked. */
  personalData: Readonly<{ rows: number; found: number }> | undefined;
  studioVersion: string;
  madeAtMs: number;
}>;
