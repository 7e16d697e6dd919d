import type { DatasetRecord } from '../db/repositories/dataset-repository.ts';
import type { DatasetFacts } from '../db/repositories/dataset-file.ts';
import type { MetricRepository } from '../db/repositories/metric-repository.ts';
import type { ModelRecord } from '../db/repositories/model-repository.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import type { SampleRecord } from '../db/repositories/sample-repository.ts';
import type {
  CardBase,
  CardDataset,
  CardMachine,
  CardPart,
  CardRecord,
  CardTraining,
} from '../../shared/domain/card/card-record.ts';
import { HUBS, type Hub } from '../../shared/domain/hub-endpoints.ts';
import { devicesOf, parityOf, planOf, platformOf, textOf } from './recorded-values.ts';

/** What is released: the weights of a step of a run, by themselves or in a model made of them. */
export type CardSource = Readonly<{
  part: CardPart;
  run: RunRecord;
  /** Step of the weights; undefined: the run's last. */
  step: number | undefined;
  /** The merged or GGUF model; undefined for an adapter. */
  model: ModelRecord | undefined;
  weights: CardRecord['weights'];
}>;

/** What a person writes or chooses; empty texts keep the studio's words. */
export type CardChoices = Pick<
  CardRecord,
  | 'audience'
  | 'domain'
  | 'words'
  | 'hasDisclaimer'
  | 'licence'
  | 'licenceReason'
  | 'repositories'
  | 'evaluations'
> &
  Readonly<{
    title: string;
    /** Of datasets, by their names. */
    datasets: readonly Readonly<{
      name: string;
      link?: string | undefined;
      licence?: string | undefined;
      generatedBy?: string | undefined;
    }>[];
    /** Prompts of the answer board whose answers are shown. */
    samplePrompts: readonly string[];
    personalData: CardRecord['personalData'];
  }>;

/** What a dataset file says of itself. */
export type DatasetProvenance = Readonly<{
  facts: Pick<DatasetFacts, 'counts' | 'contentHash'>;
  evalFraction: number | undefined;
  seed: number | undefined;
  excludedReasons: CardDataset['excludedReasons'];
  sources: readonly Readonly<{
    file: string;
    path: string;
    bytes: number;
    sha256: string;
    records: number;
  }>[];
  languages: CardRecord['languages'];
}>;

export type KnownBase = Readonly<{
  name: string;
  parameters: number;
  hubs: Readonly<Record<Hub, string>>;
  gatedOn: readonly Hub[];
}>;

export type GatherDeps = Readonly<{
  metrics: Pick<MetricRepository, 'range'>;
  samples: (runId: string) => readonly SampleRecord[];
  dataset: (id: string) => DatasetRecord | undefined;
  /** Undefined where the file is gone or broken. */
  provenance: (path: string) => DatasetProvenance | undefined;
  modelAt: (path: string) => ModelRecord | undefined;
  /** Licence that a folder's own files name; undefined also for a folder that is gone. */
  licenceIn: (folder: string) => Readonly<{ name?: string | undefined; file: string }> | undefined;
  catalogue: readonly KnownBase[];
  /** First event of the newest attempt: on what it ran. */
  started: (run: RunRecord) => Readonly<{ platform?: unknown; python?: unknown }> | undefined;
  packages: (run: RunRecord) => CardMachine['packages'];
  /** `legal_eagle.json` beside the released weights, as it lies there. */
  weightsRecord: Readonly<Record<string, unknown>> | undefined;
  hasPicture: boolean;
  /** Whether a LICENSE goes along. */
  hasLicenceFile: boolean;
  /** Folder of a path, as this system writes them. */
  folderOf: (path: string) => string;
  studioVersion: string;
  madeAtMs: number;
}>;

/** Everything that is known of what is released. What no record holds stays undefined. */
export function gatherCard(source: CardSource, choices: CardChoices, deps: GatherDeps): CardRecord {
  const { model, part, run, weights } = source;
  const base = deps.modelAt(run.modelPath);
  const step = source.step ?? run.step;
  const provenance = deps.provenance(run.datasetPath);
  const { datasets: _datasets, samplePrompts, title, ...chosen } = choices;
  return {
    part,
    title: title.trim() === '' ? (model?.name ?? run.name) : title.trim(),
    ...chosen,
    base: baseOf(run, base, deps),
    datasets: [datasetOf(run, provenance, choices, deps)],
    languages: provenance?.languages ?? [],
    training: trainingOf(run, step, deps),
    template: templateOf(run, base, deps.weightsRecord),
    samples: samplesOf(deps.samples(run.id), step, samplePrompts),
    parity: parityOf(model?.parity),
    weights,
    weightType: model?.facts?.dtype,
    picture: deps.hasPicture ? PICTURE_PATH : undefined,
    hasLicenceFile: deps.hasLicenceFile,
    studioVersion: deps.studioVersion,
    madeAtMs: deps.madeAtMs,
  };
}

/** Where both hubs look for pictures that belong to a card. */
export const PICTURE_PATH = 'description/loss.png';

function baseOf(run: RunRecord, base: ModelRecord | undefined, deps: GatherDeps): CardBase {
  const { facts, source } = base ?? {};
  const entry = deps.catalogue.find(({ hubs, name, parameters }) => {
    if (source !== undefined && source.hub !== 'ollama' && hubs[source.hub] === source.repository)
      return true;
    // A name alone is no proof; a folder of this name with exactly these parameters is.
    const names = [name, ...Object.values(hubs).map((id) => id.split('/').at(-1) ?? '')];
    const isNamed = names.some((one) => one.toLowerCase() === (base?.name ?? run.modelName).toLowerCase());
    return isNamed && facts?.parameters === parameters;
  });
  const own: Partial<Record<Hub, string>> = {};
  for (const hub of HUBS) if (source?.hub === hub) own[hub] = source.repository;
  const licence = facts?.licence ?? deps.licenceIn(run.modelPath);
  return {
    name: base?.name ?? run.modelName,
    ids: { ...entry?.hubs, ...own },
    revision: source?.revision,
    architecture: facts?.architecture,
    parameters: facts?.parameters,
    licence: licence === undefined ? undefined : { name: licence.name, file: licence.file },
    gated: (entry?.gatedOn.length ?? 0) > 0,
  };
}

function datasetOf(
  run: RunRecord,
  provenance: DatasetProvenance | undefined,
  choices: CardChoices,
  { dataset, folderOf, licenceIn, weightsRecord }: GatherDeps,
): CardDataset {
  const record = run.datasetId === undefined ? undefined : dataset(run.datasetId);
  const name = record?.name ?? run.datasetName;
  const said = choices.datasets.find((one) => one.name === name || one.name === run.datasetName);
  // The rows may have been edited since; the adapter's record says which ones it was trained on.
  const trainedOn = recordedHash(weightsRecord);
  const now = provenance?.facts.contentHash ?? record?.contentHash;
  const isSame = trainedOn === undefined || now === undefined || trainedOn === now;
  const described = isSame ? provenance : undefined;
  return {
    name,
    link: said?.link,
    licence: said?.licence ?? statedBeside(provenance, folderOf, licenceIn),
    generatedBy: said?.generatedBy,
    counts: described?.facts.counts ?? (isSame ? record?.counts : undefined),
    evalFraction: described?.evalFraction,
    splitSeed: described?.seed,
    excludedReasons: described?.excludedReasons ?? [],
    contentHash: trainedOn ?? now,
    sources: (provenance?.sources ?? []).map(({ bytes, file, records, sha256 }) => ({
      file,
      bytes,
      sha256,
      records,
    })),
  };
}

function recordedHash(record: GatherDeps['weightsRecord']): string | undefined {
  const dataset = record?.['dataset'];
  const hash =
    typeof dataset === 'object' && dataset !== null && 'hash' in dataset ? dataset.hash : undefined;
  return textOf(hash);
}

/** The card of a downloaded dataset lies beside its files; a lone LICENSE there may belong to anything. */
function statedBeside(
  provenance: DatasetProvenance | undefined,
  folderOf: GatherDeps['folderOf'],
  licenceIn: GatherDeps['licenceIn'],
): string | undefined {
  const folders = [...new Set(provenance?.sources.map((source) => folderOf(source.path)))];
  const [stated, ...others] = folders.map((folder) => licenceIn(folder));
  if (stated === undefined || others.some((other) => other?.name !== stated.name)) return undefined;
  return /^readme/iu.test(stated.file) ? stated.name : undefined;
}

function trainingOf(run: RunRecord, step: number, deps: GatherDeps): CardTraining {
  const values = (key: string): readonly Readonly<{ step: number; value: number }>[] =>
    deps.metrics
      .range(run.id, key, 0, step)
      .flatMap((one) => (one.value === null ? [] : [{ step: one.step, value: one.value }]));
  const loss = values('loss');
  const evalLoss = values('evalLoss');
  const stepMs = values('stepMs');
  const started = deps.started(run);
  const plan = planOf(run.plan);
  const best = evalLoss.reduce<(typeof evalLoss)[number] | undefined>(
    (least, one) => (one.step > 0 && (least === undefined || one.value < least.value) ? one : least),
    undefined,
  );
  return {
    runId: run.id,
    runName: run.name,
    recipe: run.recipe,
    plan,
    step,
    epoch: values('epoch').at(-1)?.value ?? (step === run.step ? run.epoch : undefined),
    startedAtMs: run.startedAtMs,
    endedAtMs: run.endedAtMs,
    computeMs: stepMs.length === 0 ? undefined : stepMs.reduce((sum, one) => sum + one.value, 0),
    attempts: Math.max(1, run.attempts),
    machine: {
      devices: devicesOf(run.device),
      precision: textOf(run.device?.['precision']),
      platform: platformOf(started?.platform),
      python: textOf(started?.python),
      packages: deps.packages(run),
    },
    loss: { first: loss[0]?.value, last: loss.at(-1)?.value },
    evalLoss: {
      base: evalLoss.find((one) => one.step === 0)?.value,
      released: evalLoss.findLast((one) => one.step > 0)?.value,
      best,
      rows: plan === undefined ? undefined : Math.min(plan.evalRows, run.recipe.evaluation.maxRows),
    },
  };
}

/** What the weights were trained with; a recipe that says `auto` took the base's own. */
function templateOf(
  run: RunRecord,
  base: ModelRecord | undefined,
  record: GatherDeps['weightsRecord'],
): string | undefined {
  const chosen = run.recipe.template === 'auto' ? base?.facts?.template : run.recipe.template;
  return textOf(record?.['template']) ?? chosen;
}

/** The last answers up to the released step, each beside the base's own to the same prompt. */
function samplesOf(
  all: readonly SampleRecord[],
  step: number,
  prompts: readonly string[],
): CardRecord['samples'] {
  return prompts.flatMap((prompt) => {
    const own = all.filter((sample) => sample.prompt === prompt && sample.step <= step);
    const last = own.at(-1);
    if (last === undefined || last.step === 0) return [];
    const base = own.find((sample) => sample.step === 0);
    return [{ step: last.step, prompt, answer: last.answer, baseAnswer: base?.answer }];
  });
}
