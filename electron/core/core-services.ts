import type Database from 'better-sqlite3';

import { AccountService } from './accounts/account-service.ts';
import { ChatService } from './chat/chat-service.ts';
import { createRepositories, type CoreRepositories } from './core-repositories.ts';
import { DataMover } from './data-move/data-mover.ts';
import { dataFolder, type DataFolder } from './data-folder.ts';
import { createDatasetProjector } from './datasets/dataset-projector.ts';
import { DatasetService } from './datasets/dataset-service.ts';
import { createAccountRepository } from './db/repositories/account-repository.ts';
import { DatasetFile } from './db/repositories/dataset-file.ts';
import { createSettingsRepository } from './db/repositories/settings-repository.ts';
import { ConvertService } from './models/convert-service.ts';
import { ExportService } from './export/export-service.ts';
import { createGpuSampler } from './gpu/gpu-sampler.ts';
import { createGpuWatch, type GpuWatch } from './gpu/gpu-watch.ts';
import { cardEnvironment, chooseRunCard } from './gpu/run-card.ts';
import type { JobProjector } from './jobs/job-record.ts';
import { EventTailer } from './jobs/event-tailer.ts';
import type { JobLog } from './jobs/job-log.ts';
import { JobSupervisor } from './jobs/job-supervisor.ts';
import type { Redactor } from './log/redactor.ts';
import { MemorisationService } from './release/memorisation-service.ts';
import { createMergeProjector } from './merge/merge-projector.ts';
import { MergeService } from './merge/merge-service.ts';
import { inspectModel, readShapeOf } from './models/inspect-model.ts';
import { mergedModelPath, writeModelRecord } from './models/model-folder.ts';
import { createFingerprints } from './models/base-fingerprint.ts';
import { DownloadService } from './models/download-service.ts';
import { createModelsFeed } from './models/models-feed.ts';
import { ModelDigests } from './models/model-digests.ts';
import { TemplateService } from './models/template-service.ts';
import { ModelService } from './models/model-service.ts';
import { createRunAdapterModels } from './run-adapter-models.ts';
import type { CorePorts } from './ports.ts';
import { createRunFeed, type RunFeed } from './runs/run-feed.ts';
import { toRunSummary } from './runs/run-view.ts';
import { startingAdapter } from './runs/run-adapter.ts';
import { RunService } from './runs/run-service.ts';
import { createTrainProjector } from './runs/train-projector.ts';
import { createTunedModelProjector } from './runs/tuned-model-projector.ts';
import { isLive } from '../shared/domain/run-state.ts';
import type { JobKind } from '../shared/protocol/job-spec.ts';
import type { RunDevice } from '../shared/domain/choose-card.ts';
import type { Recipe } from '../shared/protocol/recipe.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import { appendTelemetry, telemetryLine, telemetryPoints } from './runs/run-telemetry.ts';
import { createRuntimeInstaller, type RuntimeInstaller } from './runtime/runtime-installer.ts';
import { runtimeBySettings } from './settings-runtime.ts';
import { SecretsService } from './secrets/secrets-service.ts';
import { createSettingsService, type SettingsService } from './settings/settings-service.ts';
import { createDescribeJob } from './describe-job.ts';
import { createLiveJobsFeed } from './topics/live-jobs-feed.ts';
import { createJobFeed } from './topics/job-feed.ts';
import { createLastThroughput } from './preflight/last-throughput.ts';
import { PreflightService } from './preflight/preflight-service.ts';
import { QueueService } from './queue/queue-service.ts';
import { createReleaseServices, type ReleaseServices } from './release-services.ts';
import { createStorageServices, type StorageServices } from './storage-services.ts';
import { TerminalService } from './terminal/terminal-service.ts';
import { createTopicBoard, type TopicBoard } from './topics/topic-board.ts';

/** Jobs whose end changes records of models. */
const MODEL_JOBS: ReadonlySet<string> = new Set<JobKind>(['convert', 'merge', 'train']);

/** Rows that are asked which system prompt they carry. */
const SYSTEM_PROMPT_ROWS = 200;

export type CoreServices = StorageServices &
  Omit<ReleaseServices, 'releaseProjector' | 'disposeReleases'> &
  Readonly<{
    runtimeInstaller: RuntimeInstaller;
    folder: DataFolder;
    repositories: CoreRepositories;
    board: TopicBoard;
    supervisor: JobSupervisor;
    runFeed: RunFeed;
    gpu: GpuWatch;
    runs: RunService;
    queue: QueueService;
    datasets: DatasetService;
    models: ModelService;
    modelDigests: ModelDigests;
    downloads: DownloadService;
    preflight: PreflightService;
    merges: MergeService;
    conversions: ConvertService;
    templates: TemplateService;
    exports: ExportService;
    memorisation: MemorisationService;
    chats: ChatService;
    settings: SettingsService;
    mover: DataMover;
    terminals: TerminalService;
    secrets: SecretsService;
    accounts: AccountService;
    /** Stores every event of a job that its file holds now. */
    drain: (jobId: string) => void;
    dispose(): Promise<void>;
  }>;

/** Makes every service on an open database and joins them: here, and only here, domains meet. */
export function createServices(
  db: Database.Database,
  ports: CorePorts,
  log: JobLog,
  options: Readonly<{ readOnly: boolean; redactor: Redactor }>,
): CoreServices {
  const folder = dataFolder(ports.home);
  const repositories = createRepositories(db);
  const { jobs } = repositories;
  const board = createTopicBoard();
  const runFeed = createRunFeed(repositories, board, ports.clock);
  const settings = createSettingsService({
    repository: createSettingsRepository(db),
    checkMirror: (mirror) => ports.runtime.checkMirror(mirror),
    publish: (data) => board.publish('settings', data),
  });
  const runtime = runtimeBySettings(ports.runtime, () => settings.get());
  board.provide('settings', (id) => (id === '' ? settings.get() : undefined));
  const modelDigests = new ModelDigests({
    byId: (id) => repositories.models.byId(id),
    modelDir: (id) => folder.modelDir(id),
    publish: () => modelsFeed.note(),
    isBusy: () => repositories.runs.live().length > 0,
    nowMs: () => ports.clock.nowMs(),
    log,
  });
  const downloads: DownloadService = new DownloadService({
    models: repositories.models,
    supervisor: () => supervisor,
    folder,
    clock: ports.clock,
    ids: ports.ids,
    digests: modelDigests,
    accountFor: (hub, origin) => accounts.idFor(hub, origin),
    changed: () => modelsFeed.note(),
  });
  const modelsFeed = createModelsFeed(
    () => ({ digesting: modelDigests.digesting, downloads: downloads.views() }),
    board,
    ports.clock,
  );
  const { disposeReleases, releaseProjector, ...releasing } = createReleaseServices({
    ports,
    folder,
    repositories,
    board,
    log,
    digests: modelDigests,
    supervisor: () => supervisor,
    accounts: () => accounts,
    resumable: (run) => runs.resumable(run),
  });
  const projectors: readonly JobProjector[] = [
    downloads.projector(),
    releaseProjector,
    createTrainProjector(repositories, (change) => runFeed.note(change)),
    createTunedModelProjector({
      runs: repositories.runs,
      models: repositories.models,
      ids: ports.ids,
      inspect: inspectModel,
      saveRecord: (model) => writeModelRecord(folder.modelDir(model.id), model),
    }),
    createDatasetProjector(repositories.datasets),
    createMergeProjector({
      models: repositories.models,
      inspect: inspectModel,
      saveRecord: (model) => writeModelRecord(folder.modelDir(model.id), model),
    }),
  ];
  const { redactor } = options;
  const secrets = new SecretsService({
    dir: folder.secretsDir,
    keyring: ports.keyring,
    nowMs: () => ports.clock.nowMs(),
  });
  const accounts = new AccountService({
    accounts: createAccountRepository(db),
    secrets,
    handed: ports.handedTokens,
    clock: ports.clock,
    ids: ports.ids,
  });
  const supervisor = new JobSupervisor({
    repository: jobs,
    projectors,
    platform: ports.platform,
    runner: async () => {
      const python = await runtime.pythonPath();
      const environment = ports.environments.current();
      if (environment !== undefined) ports.environments.noteUse(environment, ports.home);
      return { python, runScript: ports.runScript };
    },
    environment: ports.environment,
    airGap: () => settings.get().airGap,
    nowMs: () => ports.clock.nowMs(),
    newId: () => ports.ids.next(),
    log,
    tokens: accounts,
    redactor,
  });
  // Before the feed of jobs: whoever hears of an end there finds the library as it is after it.
  const wakeModels = supervisor.onUpdate(({ job, kind }) => {
    if (job.kind === 'download') modelsFeed.note();
    if (kind !== 'state' || isLive(job.state)) return;
    conversions.ended(job);
    if (MODEL_JOBS.has(job.kind)) modelsFeed.noteRecords();
  });
  const runtimeInstaller = createRuntimeInstaller(runtime, ports.clock, (data) =>
    board.publish('runtime', data),
  );
  board.provide('runtime', (id) => (id === '' ? runtimeInstaller.state() : undefined));
  const jobFeed = createJobFeed(supervisor, board, ports.clock);
  const liveJobs = createLiveJobsFeed(
    { onUpdate: (listener) => supervisor.onUpdate(listener), live: () => jobs.live() },
    createDescribeJob(repositories),
    board,
    ports.clock,
  );
  const gpu = createGpuWatch({
    probe: ports.gpu,
    clock: ports.clock,
    runOf: (pid) =>
      repositories.runs
        .live()
        .find(({ jobId }) => jobId !== undefined && supervisor.find(jobId)?.process?.pid === pid),
  });
  const gpuSampler = createGpuSampler({
    probe: gpu,
    clock: ports.clock,
    live: () => repositories.runs.live().map((run) => run.id),
    store: (runId, cards) => {
      const run = repositories.runs.byId(runId);
      if (run === undefined) return;
      const line = telemetryLine(ports.clock.nowMs(), run.step, cards);
      const points = telemetryPoints(line);
      jobs.transaction(() => {
        repositories.metrics.putAll(runId, points);
      });
      appendTelemetry(run.dir, line);
      runFeed.note({ run, points });
    },
    onFailure: (error) => log.warn({ error }, 'the cards could not be sampled'),
  });
  // Any update: a run that a new core takes up again changes no state.
  const wakeSampler = supervisor.onUpdate(() => gpuSampler.wake());
  const tailer = new EventTailer({ repository: jobs, projectors, log, redactor });
  const base = { supervisor, folder, clock: ports.clock, ids: ports.ids };
  const datasets = new DatasetService({ ...base, datasets: repositories.datasets });
  const models = new ModelService({
    ...base,
    models: repositories.models,
    digests: modelDigests,
    adapterOfRun: createRunAdapterModels(repositories.runs, (run) => runs.resumable(run)),
  });
  const conversions: ConvertService = new ConvertService({
    ...base,
    addFolder: (modelPath) => {
      const { id } = models.add({ path: modelPath, name: undefined, source: undefined });
      modelDigests.start(id, { asked: false });
    },
  });
  const inputs = {
    resolveDataset: (reference: string) =>
      datasets.resolve(reference) ?? raise('recipe.dataset_not_found', { dataset: reference }),
    resolveModel: (reference: string) =>
      models.resolve(reference) ?? raise('recipe.model_not_found', { model: reference }),
  };
  const cards = {
    gpu,
    runtime,
    visibleDevices: ports.environment['CUDA_VISIBLE_DEVICES'],
    held: () => runs.heldCards(),
  };
  const cardFor = (hardware: Recipe['hardware']): Promise<RunDevice> => chooseRunCard(cards, hardware);
  const resolveAdapter = (reference: string): string =>
    startingAdapter(reference, {
      matching: repositories.runs.find,
      resumable: (run) => runs.resumable(run),
    });
  const preflight = new PreflightService({
    ...inputs,
    resolveAdapter,
    fingerprintOf: createFingerprints(),
    cardFor,
    host: ports.host,
    folder,
    shapeOf: readShapeOf,
    lastThroughput: createLastThroughput(repositories),
  });
  const runs: RunService = new RunService({
    ...base,
    repositories,
    feed: runFeed,
    ...inputs,
    resolveAdapter,
    cardFor,
    environmentOf: cardEnvironment,
    pythonEnvironment: () => ports.environments.current(),
    refusalOf: (recipe, dataset, model, device) =>
      preflight.assess(recipe, dataset.path, model.path, device).refusal,
  });
  const queue = new QueueService({
    file: folder.queueFile,
    readOnly: options.readOnly,
    clock: ports.clock,
    log,
    publish: (view) => board.publish('queue', view),
    runs: {
      find: (reference) => runs.find(reference),
      byId: (id) => repositories.runs.byId(id),
      jobOf: (run) => (run.jobId === undefined ? undefined : jobs.find(run.jobId)),
      waiting: () => repositories.runs.waiting(),
      hasLive: () => repositories.runs.live().length > 0,
      checkStep: (run, fromStep) => runs.checkStep(run, fromStep),
      settle: (run, state, error) => runs.settle(run, state, error),
      launch: async (run, launch) => {
        // Before anything is made: an environment that is missing is no fault of the run.
        await runtime.pythonPath();
        await runs.launchQueued(run, launch);
      },
      toSummary: toRunSummary,
    },
  });
  board.provide('queue', (id) => (id === '' ? queue.view() : undefined));
  const wakeQueue = supervisor.onUpdate((update) => {
    if (update.kind === 'state' && update.job.kind === 'train') queue.wake();
  });

  const drain = (jobId: string): void => {
    while (tailer.step(jobId)?.more === true);
  };
  const storage = createStorageServices({
    ports,
    folder,
    repositories,
    board,
    log,
    supervisor,
    runFeed,
    runs,
    drain,
    releasing: (id) => releasing.releases.usersOf(id),
  });
  const mover = new DataMover({
    home: ports.home,
    source: ports.homeSource,
    databaseFile: folder.databaseFile,
    backupDatabase: (target) => db.backup(target),
    liveJobs: () => jobs.live().length,
    clock: ports.clock,
    host: ports.host,
    publish: (view) => board.publish('dataFolder', view),
  });
  board.provide('dataFolder', (id) => (id === '' ? mover.view() : undefined));
  const terminals = new TerminalService({ ports, board });

  return {
    folder,
    repositories,
    board,
    supervisor,
    runFeed,
    runtimeInstaller,
    datasets,
    models,
    modelDigests,
    downloads,
    runs,
    queue,
    gpu,
    preflight,
    merges: new MergeService({
      ...base,
      models: repositories.models,
      outPath: mergedModelPath,
      saveRecord: writeModelRecord,
    }),
    conversions,
    templates: new TemplateService(base),
    exports: new ExportService(base),
    memorisation: new MemorisationService({ ...base, liveJobs: () => jobs.live() }),
    chats: new ChatService({
      ...base,
      board,
      log,
      jobs: { remove: (jobId) => jobs.remove(jobId), ended: (kind) => jobs.ended(kind) },
      rowsOf: (datasetPath) =>
        DatasetFile.use(datasetPath, (file) =>
          file
            .rows({ split: 'train', search: '', offset: 0, limit: SYSTEM_PROMPT_ROWS })
            .items.map((row) => row.messages),
        ),
    }),
    settings,
    mover,
    terminals,
    drain,
    secrets,
    accounts,
    ...storage,
    ...releasing,
    dispose: async () => {
      await mover.dispose();
      await modelDigests.dispose();
      await disposeReleases();
      wakeModels.dispose();
      modelsFeed.dispose();
      wakeQueue.dispose();
      void secrets.lock();
      await terminals.dispose();
      await storage.usage.dispose();
      await queue.dispose();
      wakeSampler.dispose();
      gpuSampler.dispose();
      await supervisor.dispose();
      jobFeed.dispose();
      liveJobs.dispose();
      runFeed.dispose();
      runtimeInstaller.dispose();
    },
  };
}

function raise(code: string, params: Readonly<Record<string, unknown>>): never {
  throw new StudioError(code, params);
}
