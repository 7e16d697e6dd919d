import { StudioError } from '../../shared/contract/studio-error.ts';
import type { GpuCard } from '../../shared/contract/methods/gpu.ts';
import type { PreflightNoteView, PreflightView } from '../../shared/contract/methods/preflight.ts';
import { assessPreflight, type PreflightReport } from '../../shared/domain/preflight/assess-preflight.ts';
import type { DecoderShape } from '../../shared/domain/preflight/decoder-shape.ts';
import type { DeviceFacts } from '../../shared/domain/preflight/device-memory.ts';
import type { PreflightNote } from '../../shared/domain/preflight/preflight-note.ts';
import {
  lengthsFromCharacters,
  lengthsFromStatistics,
  type RowCharacters,
  type TokenLengths,
} from '../../shared/domain/preflight/token-lengths.ts';
import { checkRecipe } from '../../shared/domain/recipes/check-recipe.ts';
import type { Recipe } from '../../shared/protocol/recipe.ts';
import type { DataFolder } from '../data-folder.ts';
import { DatasetFile } from '../db/repositories/dataset-file.ts';
import { localProcesses, type RunDevice } from '../../shared/domain/choose-card.ts';
import type { HostResources } from '../ports.ts';
import type { LastThroughput } from './last-throughput.ts';
import { readStartingAdapter, type AdapterPlaces } from './read-starting-adapter.ts';

type Located = Readonly<{ path: string }>;

export type PreflightServiceDeps = Readonly<{
  /** Throws `recipe.dataset_not_found`, `dataset.*`. */
  resolveDataset: (reference: string) => Located;
  /** Throws `recipe.model_not_found`, `model.*`. */
  resolveModel: (reference: string) => Located;
  shapeOf: (modelPath: string) => DecoderShape & Readonly<{ maxPositions: number }>;
  host: HostResources;
  /** What a recipe's run computes on. Throws `gpu.*`. */
  cardFor: (hardware: Recipe['hardware']) => Promise<RunDevice>;
  folder: Pick<DataFolder, 'root'>;
  lastThroughput: LastThroughput;
}> &
  AdapterPlaces;

export type Assessment = Readonly<{
  report: PreflightReport;
  tokenSource: PreflightView['tokenSource'];
  counts: Counts;
  /** Why the run must not start unless forced. */
  refusal: StudioError | undefined;
}>;

/** Rows whose characters are counted where no tokens are known; enough for lengths, quick on any dataset. */
const CHARACTER_ROWS = 20_000;
/** What refuses a start: the numbers, or the names of the base, say that it would end badly. */
const REFUSALS = new Set([
  'preflight.does_not_fit',
  'preflight.cannot_fit',
  'preflight.cards_mixed',
  'preflight.disk_too_small',
  'recipe.adapter_not_found',
  'train.adapter_differs',
  'train.adapter_other_base',
  'model.adapter_broken',
  // Certain before anything is loaded; the runner would say so at its start.
  'model.unsupported_architecture',
  'model.lora_target',
  'model.lora_pattern_unmatched',
  'model.lora_whole_tied',
]);
const BF16_CAPABILITY = 8;

/** Gathers what this machine, the model and the dataset say, and predicts the run from it. */
export class PreflightService {
  readonly #deps: PreflightServiceDeps;
  /** Of the dataset that was asked about last: a form asks again with each change. */
  #characters: Readonly<{ contentHash: string; rows: readonly RowCharacters[] }> | undefined;

  constructor(deps: PreflightServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `recipe.*`, `dataset.*`, `model.*` and `gpu.*` as starting the run would. */
  async estimate(recipeInput: unknown): Promise<PreflightView> {
    const checked = checkRecipe(recipeInput);
    if ('issues' in checked) {
      throw new StudioError('recipe.invalid', { issues: checked.issues, summary: checked.summary });
    }
    const { recipe } = checked;
    const dataset = this.#deps.resolveDataset(recipe.dataset);
    const model = this.#deps.resolveModel(recipe.model);
    const chosen = await this.#deps.cardFor(recipe.hardware);
    const { report, tokenSource, counts } = this.assess(recipe, dataset.path, model.path, chosen);
    const { forecast, disk, cut } = report;
    const [device] = report.memory;
    const throughput =
      device === undefined
        ? undefined
        : this.#deps.lastThroughput(model.path, device, localProcesses(recipe.hardware));
    return {
      trainRows: counts.train,
      evalRows: counts.eval,
      steps: forecast.steps,
      stepsPerEpoch: forecast.stepsPerEpoch,
      globalBatch: forecast.globalBatch,
      tokensPerEpoch: forecast.tokensPerEpoch,
      trainTokens: forecast.trainTokens,
      tokenSource,
      truncatedShare: cut.truncatedShare,
      lostShare: cut.lostShare,
      ...(throughput === undefined
        ? {}
        : { throughput, durationMs: (forecast.trainTokens / throughput.tokensPerSecond) * 1000 }),
      memory: [...report.memory],
      diskBytes: disk.totalBytes,
      freeDiskBytes: report.freeDiskBytes,
      fits: report.fits,
      forceable: report.forceable,
      problems: report.problems.map(toNoteView),
      warnings: report.warnings.map(toNoteView),
    };
  }

  assess(recipe: Recipe, datasetPath: string, modelPath: string, chosen: RunDevice): Assessment {
    const { host, folder, shapeOf } = this.#deps;
    const { continueFrom } = recipe.lora;
    const { maxPositions, ...shape } = shapeOf(modelPath);
    const { counts, lengths } = this.#readDataset(datasetPath, recipe);
    const report = assessPreflight({
      recipe,
      shape,
      maxPositions,
      trainRows: counts.train,
      evalRows: counts.eval,
      lengths,
      device: this.#device(chosen),
      companions: typeof chosen === 'string' ? [] : (chosen.companions ?? []).map((card) => cardFacts(card)),
      freeDiskBytes: host.freeDiskBytes(folder.root),
      ...(continueFrom === null
        ? {}
        : { startingAdapter: readStartingAdapter(continueFrom, modelPath, this.#deps) }),
    });
    const refused = report.problems.find((problem) => REFUSALS.has(problem.code));
    return {
      report,
      tokenSource: lengths?.source ?? 'none',
      counts,
      refusal: refused === undefined ? undefined : new StudioError(refused.code, refused.params),
    };
  }

  #device(chosen: RunDevice): DeviceFacts | 'missing' | 'unmeasured' {
    if (chosen === 'missing') return 'missing';
    if (chosen === 'cpu') return this.#cpu();
    return cardFacts(chosen);
  }

  #cpu(): DeviceFacts {
    const { totalBytes, availableBytes } = this.#deps.host.memory();
    return {
      device: 'cpu',
      kind: 'cpu',
      name: this.#deps.host.processorName(),
      capacityBytes: totalBytes,
      availableBytes,
      hasBf16: true,
    };
  }

  /** Counted tokens where a statistics job has seen these rows, else an estimate from their characters. */
  #readDataset(
    datasetPath: string,
    recipe: Recipe,
  ): Readonly<{ counts: Counts; lengths: TokenLengths | undefined }> {
    return DatasetFile.use(datasetPath, (file) => {
      const { counts, contentHash } = file.facts();
      const counted = file
        .statistics()
        .map(({ value }) => value)
        .filter((value) => value['contentHash'] === contentHash)
        // Those made with this prompt and cutoff first, of equals the newest.
        .sort((left, right) => rank(right, recipe) - rank(left, recipe))
        .map(lengthsFromStatistics)
        .find((lengths) => lengths !== undefined);
      if (counted !== undefined) return { counts, lengths: counted };
      if (this.#characters?.contentHash !== contentHash) {
        this.#characters = { contentHash, rows: file.trainingRowCharacters(CHARACTER_ROWS) };
      }
      const systemCharacters = recipe.systemPrompt?.length ?? 0;
      return { counts, lengths: lengthsFromCharacters(this.#characters.rows, systemCharacters) };
    });
  }
}

function cardFacts(card: GpuCard): DeviceFacts | 'unmeasured' {
  const { name, index, memoryTotalBytes: capacityBytes, memoryUsedBytes = 0, computeCapability } = card;
  if (capacityBytes === undefined) return 'unmeasured';
  return {
    device: `cuda:${String(index)}`,
    kind: 'cuda',
    name,
    capacityBytes,
    availableBytes: Math.max(0, capacityBytes - memoryUsedBytes),
    hasBf16: Number(computeCapability ?? 0) >= BF16_CAPABILITY,
    ...(computeCapability === undefined ? {} : { computeCapability: Number(computeCapability) }),
  };
}

type Counts = Readonly<{ train: number; eval: number }>;

const toNoteView = ({ code, params, fixes }: PreflightNote): PreflightNoteView => ({
  code,
  params: { ...params },
  fixes: fixes.map(({ settings, ...peak }) => ({ settings: [...settings], ...peak })),
});

const rank = (value: Readonly<Record<string, unknown>>, recipe: Recipe): number =>
  Number(value['systemPrompt'] === recipe.systemPrompt) * 2 +
  Number(value['cutoffLength'] === recipe.cutoffLength);
