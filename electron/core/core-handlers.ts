import { handlersFor, type HandlersFor } from '../shared/contract/define.ts';
import type { CONVERT_METHODS } from '../shared/contract/methods/convert.ts';
import type { EXPORT_METHODS } from '../shared/contract/methods/export.ts';
import { STUDIO_CONTRACT, type StudioContract } from '../shared/contract/index.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import { isFrequentEvent } from '../shared/protocol/events.ts';
import { PROTOCOL_VERSION } from '../shared/protocol/version.ts';
import { cardHandlers } from './card-handlers.ts';
import { dataFolderHandlers } from './data-folder-handlers.ts';
import type { CoreServices } from './core-services.ts';
import { exportHandlers } from './export-handlers.ts';
import { DatasetFile } from './db/repositories/dataset-file.ts';
import type { RunRecord } from './db/repositories/run-repository.ts';
import { MIGRATIONS } from './db/migrations/index.ts';
import { notFound } from './db/repositories/require-one.ts';
import type { JobRecord } from './jobs/job-record.ts';
import { isSameProcess, readHeartbeat } from './jobs/liveness.ts';
import { memorisationHandlers } from './memorisation-handlers.ts';
import { requireUnfinished } from './merge/merge-service.ts';
import { queryMetrics } from './metrics/metric-service.ts';
import { modelHandlers } from './model-handlers.ts';
import type { CorePorts } from './ports.ts';
import { adoptRun } from './runs/adopt-run.ts';
import { exportRun } from './runs/export-run.ts';
import { adapterOf, isFull, tunedModelOf, type RunAdapter } from './runs/run-adapter.ts';
import { pageRunEvents } from './runs/run-events.ts';
import { toJudgedSummary, toRunDetail, toRunSummary } from './runs/run-view.ts';
import { releaseHandlers } from './release-handlers.ts';
import { runFileHandlers } from './run-file-handlers.ts';
import { settingsHandlers } from './settings-handlers.ts';
import { sampleFiles } from './sample-files.ts';
import { storageHandlers } from './storage-handlers.ts';
import { toJobView } from './topics/job-view.ts';

export type HandlerContext = Readonly<{
  ports: CorePorts;
  services: CoreServices;
  startedAtMs: number;
  readOnly: boolean;
}>;

/** Every method of the contract on the services of one core. */
export function createHandlers(context: HandlerContext): HandlersFor<StudioContract> {
  const { ports, services } = context;
  return handlersFor(STUDIO_CONTRACT)({
    ...appHandlers(context),
    ...accountHandlers(services),
    ...datasetHandlers(services),
    ...modelHandlers(ports, services),
    ...exportHandlers(services),
    ...cardHandlers(ports, services),
    ...memorisationHandlers(services),
    'models.template': async ({ model }) => ({
      jobId: await services.templates.inspect(services.models.find(model)),
    }),
    'models.convert': ({ path: folder, add }) => services.conversions.start(folder, { add }),
    ...runHandlers(ports, services),
    ...chatHandlers(services),
    ...queueHandlers(services),
    ...terminalHandlers(services),
    ...releaseHandlers(services),
    ...settingsHandlers(services),
    ...dataFolderHandlers(services),
    ...storageHandlers(services),
    'preflight.estimate': ({ recipe }) => services.preflight.estimate(recipe),
    'gpu.list': () => services.gpu.list(),
    'gpu.telemetry': () => services.gpu.telemetry(),
    'runtime.status': () => ports.runtime.overview(),
    'runtime.mirrors': () => ({ items: [...ports.runtime.mirrors()] }),
    'runtime.install': (request) => services.runtimeInstaller.start(request),
    'runtime.cancel': () => {
      services.runtimeInstaller.cancel();
      return {};
    },
    'jobs.show': ({ jobId }) => toJobView(requireJob(services, jobId)),
    'jobs.stop': ({ jobId, deadlineMs }) => {
      requireJob(services, jobId);
      // The caller follows the topic of the job; waiting here would hold its request for the whole ladder.
      void services.supervisor.stop(jobId, { deadlineMs });
      return toJobView(requireJob(services, jobId));
    },
    'metrics.query': async ({ run, ...range }) => {
      const { id } = services.runs.find(run);
      return { series: await queryMetrics(services.repositories.metrics, id, { ...range, to: range.to }) };
    },
    'merge.start': ({ run: reference, step, ...options }) => {
      const run = services.runs.find(reference);
      if (isFull(run)) throw new StudioError('merge.whole_model', { run: run.name });
      const adapter = findAdapter(services, run, step);
      if (adapter === undefined) throw new StudioError('merge.no_adapter', { run: run.name });
      return services.merges.start({ run, adapter, ...options, name: options.name });
    },
    'merge.resume': ({ model: reference }) => {
      const model = services.models.find(reference);
      if (model.origin !== 'merged') throw new StudioError('merge.not_merged', { model: model.name });
      requireUnfinished(model);
      const run = services.runs.find(model.runId ?? '');
      const adapter = findAdapter(services, run, model.step);
      if (adapter === undefined) throw new StudioError('merge.no_adapter', { run: run.name });
      return services.merges.resume(model, run, adapter);
    },
    'merge.show': ({ model: reference }) => {
      const model = services.models.find(reference);
      if (model.origin !== 'merged') throw new StudioError('merge.not_merged', { model: model.name });
      const job = model.jobId === undefined ? undefined : services.supervisor.find(model.jobId);
      return { model, ...(job === undefined ? {} : { job: toJobView(job) }) };
    },
  });
}

type Handlers<Prefix extends string> = Pick<
  HandlersFor<StudioContract>,
  Extract<
    Exclude<keyof StudioContract, keyof typeof EXPORT_METHODS | keyof typeof CONVERT_METHODS>,
    `${Prefix}.${string}`
  >
>;

function appHandlers({ ports, services, ...core }: HandlerContext): Handlers<'app' | 'host'> {
  return {
    'app.info': () => ({
      name: 'Legal Eagle Studio',
      version: ports.version,
      protocolVersion: PROTOCOL_VERSION,
      databaseVersion: MIGRATIONS.at(-1)?.version ?? 0,
      nodeVersion: process.versions.node,
      dataFolder: ports.home,
      platform: ports.platform.name,
      readOnly: core.readOnly,
      startedAtMs: core.startedAtMs,
    }),
    'app.capabilities': async () => ({
      ...ports.hostUi.capabilities,
      terminal: await services.terminals.capability(),
    }),
    'host.chooseFiles': (request) => ports.hostUi.call('host.chooseFiles', request),
    'host.chooseSavePath': (request) => ports.hostUi.call('host.chooseSavePath', request),
    'host.reveal': (request) => ports.hostUi.call('host.reveal', request),
    'host.copyText': (request) => ports.hostUi.call('host.copyText', request),
    'host.shell': (request) => ports.hostUi.call('host.shell', request),
    'host.setAcceleration': (request) => ports.hostUi.call('host.setAcceleration', request),
    'host.relaunch': (request) => ports.hostUi.call('host.relaunch', request),
    'host.openExternal': (request) => ports.hostUi.call('host.openExternal', request),
    'app.samples': () => sampleFiles(ports.resourcesDir),
  };
}

function accountHandlers({ accounts, secrets, verifyAccount }: CoreServices): Handlers<'accounts'> {
  return {
    'accounts.status': () => secrets.status(),
    'accounts.list': async () => ({ items: await accounts.list() }),
    'accounts.put': (input) => accounts.put(input),
    'accounts.remove': async ({ account }) => {
      await accounts.remove(account);
      return {};
    },
    'accounts.verify': ({ account }) => verifyAccount(account),
    'accounts.unlock': ({ passphrase }) => secrets.unlock(passphrase),
    'accounts.lock': () => secrets.lock(),
    'accounts.keepIn': (wish) => secrets.keepIn(wish),
  };
}

/** Of a dataset whose file is not written yet. */
const EMPTY_FINDINGS = { sources: [], problemCounts: [], excludedReasons: [], statistics: [] };

function datasetHandlers({ datasets, models, removal, repositories }: CoreServices): Handlers<'datasets'> {
  return {
    'datasets.import': (input) => datasets.import({ ...input, mapping: input.mapping, name: input.name }),
    'datasets.inspect': async (input) => ({
      jobId: await datasets.inspect({ ...input, mapping: input.mapping }),
    }),
    'datasets.list': (query) => {
      const { total, items } = repositories.datasets.list(query);
      return { total, items: [...items] };
    },
    'datasets.show': ({ dataset: reference }) => {
      const dataset = datasets.find(reference);
      if (dataset.state !== 'ready') return { ...dataset, ...EMPTY_FINDINGS };
      return DatasetFile.use(dataset.path, (file) => ({
        ...dataset,
        sources: file.sources(),
        problemCounts: file.problemCounts(),
        excludedReasons: file.excludedReasons(),
        statistics: file.statistics(),
      }));
    },
    'datasets.rows': ({ dataset: reference, ...query }) => {
      const dataset = datasets.find(reference);
      datasets.requireReady(dataset);
      return DatasetFile.use(dataset.path, (file) => file.rows(query));
    },
    'datasets.problems': ({ dataset: reference, code, offset, limit }) => {
      const dataset = datasets.find(reference);
      // A refused import wrote no file; its problems are in the result of its job.
      if (dataset.state !== 'ready') return { total: 0, items: [] };
      return DatasetFile.use(dataset.path, (file) => file.problems({ code, offset, limit }));
    },
    'datasets.remove': async ({ dataset }) => {
      const { id, trashId } = await removal.removeDataset(dataset);
      return { datasetId: id, trashId };
    },
    'datasets.statistics': async ({ dataset: datasetReference, model: modelReference, ...options }) => {
      const dataset = datasets.resolve(datasetReference);
      if (dataset === undefined) throw notFound('dataset', datasetReference);
      const model = models.resolve(modelReference);
      if (model === undefined) throw notFound('model', modelReference);
      return { jobId: await datasets.statistics(dataset.path, model.path, options) };
    },
  };
}

function runHandlers(ports: CorePorts, services: CoreServices): Handlers<'runs'> {
  const { queue, runs, repositories } = services;
  return {
    'runs.start': async ({ queue: waits, recipe, ...options }) => {
      if (!waits) return runs.start(recipe, options);
      const run = await runs.createQueued(recipe, options);
      queue.add(run.id, { before: null, force: options.force });
      return { runId: run.id };
    },
    'runs.list': (query) => {
      const { total, items } = repositories.runs.list(query);
      return { total, items: items.map((run) => toJudgedSummary(run, repositories)) };
    },
    'runs.show': ({ run }) => toRunDetail(runs.find(run), repositories),
    'runs.stop': async ({ run: reference, deadlineMs }) => {
      const run = runs.find(reference);
      if (run.state !== 'queued') return toRunSummary(await runs.stop(run.id, deadlineMs));
      queue.remove(run.id);
      return toRunSummary(runs.find(run.id));
    },
    'runs.saveNow': ({ run }) => ({ controlId: runs.control(run, 'save-now') }),
    'runs.sampleNow': ({ run }) => ({ controlId: runs.control(run, 'sample-now') }),
    'runs.resume': ({ run, fromStep }) => runs.resume(run, fromStep),
    'runs.export': ({ run: reference, ...request }) => {
      const run = runs.find(reference);
      return exportRun(run, repositories, findAdapter(services, run, undefined)?.path, request);
    },
    'runs.adopt': async ({ path: source, name }) => toRunSummary(await adopt(ports, services, source, name)),
    'runs.setTags': ({ run, tags, seen }) =>
      toRunSummary(runs.label(run, { tags }, seen === undefined ? {} : { tags: seen })),
    'runs.setNote': ({ run, note, seen }) =>
      toRunSummary(runs.label(run, { note }, seen === undefined ? {} : { note: seen })),
    'runs.checkpoints': ({ run }) => ({ items: runs.checkpoints(run) }),
    'runs.remove': async ({ run }) => {
      const { id, trashId } = await services.removal.removeRun(run);
      return { runId: id, trashId };
    },
    'runs.events': ({ run: reference, types, after, limit }) =>
      pageRunEvents(
        repositories.attempts.ofRun(runs.find(reference).id),
        (jobId, seq, count) =>
          types.length > 0 && !types.some(isFrequentEvent)
            ? repositories.jobs.notesAfter(jobId, seq, count)
            : repositories.jobs.eventsAfter(jobId, seq, count),
        { types, after, limit },
      ),
    ...runFileHandlers(ports, services),
  };
}

function queueHandlers({ queue }: CoreServices): Handlers<'queue'> {
  return {
    'queue.list': () => queue.view(),
    'queue.add': ({ run, ...options }) => queue.add(run, options),
    'queue.move': ({ run, before }) => queue.move(run, before),
    'queue.setPaused': ({ paused }) => queue.setPaused(paused),
  };
}

function terminalHandlers({ terminals }: CoreServices): Handlers<'terminal'> {
  return {
    'terminal.open': (request) => terminals.open(request),
    'terminal.list': async () => ({ items: [...(await terminals.list()).items] }),
    'terminal.input': async ({ terminalId, text }) => {
      await terminals.input(terminalId, text);
      return {};
    },
    'terminal.resize': async ({ terminalId, columns, rows }) => {
      await terminals.resize(terminalId, columns, rows);
      return {};
    },
    'terminal.ack': async ({ terminalId, through }) => {
      await terminals.acknowledge(terminalId, through);
      return {};
    },
    'terminal.close': async ({ terminalId }) => {
      await terminals.close(terminalId);
      return {};
    },
  };
}

function chatHandlers(services: CoreServices): Handlers<'chat'> {
  const { chats, models, runs } = services;
  return {
    'chat.open': (input) => {
      const { device, cpuThreads, idleMinutes } = input;
      const how = { device, cpuThreads, idleMinutes };
      if ('model' in input) {
        const model = models.resolve(input.model);
        if (model === undefined) throw notFound('model', input.model);
        const { name, path: modelPath } = model;
        const madeBy = model.id === undefined ? undefined : models.find(model.id).runId;
        const origin = madeBy === undefined ? undefined : services.repositories.runs.byId(madeBy);
        return chats.open({
          name,
          modelPath,
          adapterPath: undefined,
          run: origin === undefined ? undefined : { id: origin.id, name: origin.name },
          datasetPath: origin?.datasetPath,
          template: input.template,
          ...how,
        });
      }
      const run = runs.find(input.run);
      if (isFull(run) && input.weights === 'adapter') {
        const tuned = tunedModelOf(run, runs.resumable(run), input.step);
        if (tuned === undefined) throw new StudioError('chat.no_tuned_model', { run: run.name });
        return chats.open({
          name: `${run.name}@${tuned.step}`,
          modelPath: tuned.path,
          adapterPath: undefined,
          run: { id: run.id, name: run.name },
          datasetPath: run.datasetPath,
          template: input.template ?? run.recipe.template,
          ...how,
        });
      }
      const adapter = findAdapter(services, run, input.step);
      if (adapter === undefined && input.weights === 'adapter') {
        throw new StudioError('chat.no_adapter', { run: run.name });
      }
      return chats.open({
        name: run.modelName,
        modelPath: run.modelPath,
        adapterPath: adapter?.path,
        run: { id: run.id, name: run.name },
        datasetPath: run.datasetPath,
        template: input.template ?? run.recipe.template,
        ...how,
      });
    },
    'chat.send': (request) => ({ requestId: chats.send(request) }),
    'chat.stop': ({ sessionId, requestId }) => {
      chats.stop(sessionId, requestId);
      return {};
    },
    'chat.close': async ({ sessionId }) => {
      await chats.close(sessionId);
      return {};
    },
  };
}

function requireJob(services: CoreServices, jobId: string): JobRecord {
  const job = services.supervisor.find(jobId);
  if (job === undefined) throw notFound('job', jobId);
  return job;
}

function findAdapter(
  services: CoreServices,
  run: RunRecord,
  step: number | undefined,
): RunAdapter | undefined {
  return adapterOf(run, services.runs.resumable(run), step);
}

async function adopt(
  ports: CorePorts,
  services: CoreServices,
  source: string,
  name: string | undefined,
): Promise<RunRecord> {
  const { drain, folder, repositories, runs, supervisor } = services;
  const { jobs } = repositories;
  const runId = await adoptRun(source, name, {
    repositories,
    folder,
    drain,
    insertJob: (job) => jobs.insert(job),
    hasJob: (jobId) => jobs.find(jobId) !== undefined,
    transaction: (work) => jobs.transaction(work),
    isAlive: async (jobDir) => {
      const heartbeat = readHeartbeat(jobDir);
      return heartbeat !== undefined && (await isSameProcess(ports.platform, heartbeat));
    },
  });
  // An attempt whose events do not end is found to have no process, and becomes interrupted.
  supervisor.recover();
  const { jobId } = runs.find(runId);
  if (jobId !== undefined) await supervisor.attach(jobId).exited;
  return runs.find(runId);
}
