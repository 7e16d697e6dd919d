import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import type { DownloadView } from '../../shared/contract/methods/models.ts';
import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import { HUBS, HUB_ORIGINS, type Hub } from '../../shared/domain/hub-endpoints.ts';
import { isLive } from '../../shared/domain/run-state.ts';
import { downloadResultSchema } from '../../shared/protocol/download.ts';
import type { DataFolder } from '../data-folder.ts';
import type { ModelRecord, ModelRepository } from '../db/repositories/model-repository.ts';
import { requireOne } from '../db/repositories/require-one.ts';
import { endpointOrigin } from '../endpoint-origin.ts';
import type { JobProjector, JobRecord } from '../jobs/job-record.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';
import { writeJsonFile } from '../write-json-file.ts';
import { DownloadProgress } from './download-progress.ts';
import { inspectPlace } from './inspect-place.ts';
import type { ModelDigests } from './model-digests.ts';
import { downloadedModelPath, writeModelRecord } from './model-folder.ts';
import { nameOfRepository } from './path-source.ts';

export type DownloadServiceDeps = Readonly<{
  models: ModelRepository;
  supervisor: () => Pick<JobSupervisor, 'start' | 'stop' | 'find'>;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
  digests: ModelDigests;
  /** The account whose token may go to an origin of a hub; undefined: go without. */
  accountFor: (hub: Hub, origin: string) => Promise<string | undefined>;
  /** Something of what `downloads` answers has changed. */
  changed: () => void;
}>;

export type DownloadRequest = Readonly<{
  hub: Hub;
  repository: string;
  revision: string | undefined;
  endpoint: string | undefined;
  name: string | undefined;
}>;

/** A fetch notices a stop between two pieces of a file. */
const PAUSE_DEADLINE_MS = 15_000;
const REQUEST_FILE = 'download.json';
const EVERY = { search: '', offset: 0, limit: 1_000_000 } as const;

const requestSchema = z.object({
  version: z.literal(1),
  hub: z.enum(HUBS),
  endpoint: z.string(),
  repository: z.string(),
  revision: z.string().optional(),
});
type Request = z.output<typeof requestSchema>;

/** Fetches models of hubs: a record from the first moment, a job for each attempt, digests from what was checked. */
export class DownloadService {
  readonly #deps: DownloadServiceDeps;
  readonly #progress: DownloadProgress;

  constructor(deps: DownloadServiceDeps) {
    this.#deps = deps;
    this.#progress = new DownloadProgress(() => deps.clock.nowMs());
  }

  /** Throws `accounts.endpoint_refused`, `model.downloading`, and what keeps a job from starting. */
  async start(wanted: DownloadRequest): Promise<Readonly<{ modelId: string; jobId: string }>> {
    const { clock, folder, ids, models } = this.#deps;
    const { hub, repository, revision } = wanted;
    const endpoint = endpointOf(hub, wanted.endpoint);
    const same = this.#unfinished().find(
      ({ source }) => source?.hub === hub && source.repository === repository && source.revision === revision,
    );
    // A second wish for the same goes on with the first.
    if (same !== undefined) return this.resume(same.id);
    const id = ids.next();
    const dir = folder.modelDir(id);
    const request: Request = {
      version: 1,
      hub,
      endpoint,
      repository,
      ...(revision === undefined ? {} : { revision }),
    };
    const model: ModelRecord = {
      id,
      name: wanted.name ?? nameOfRepository(repository),
      path: downloadedModelPath(dir),
      kind: 'base',
      origin: 'downloaded',
      state: 'building',
      createdAtMs: clock.nowMs(),
      source: { hub, repository, ...(revision === undefined ? {} : { revision }) },
    };
    writeJsonFile(path.join(dir, REQUEST_FILE), request);
    writeModelRecord(dir, model);
    models.insert(model);
    return this.#launch(model, request);
  }

  /** Throws `core.not_found`, `model.not_downloaded`, `model.downloading`. */
  async resume(reference: string): Promise<Readonly<{ modelId: string; jobId: string }>> {
    const model = this.#requireUnfinished(reference);
    if (this.#isLive(model)) throw new StudioError('model.downloading', { model: model.name });
    return this.#launch(model, this.#requestOf(model));
  }

  async pause(reference: string): Promise<string> {
    const model = this.#requireUnfinished(reference);
    if (model.jobId !== undefined && this.#isLive(model)) {
      const stopping = this.#deps.supervisor().stop(model.jobId, { deadlineMs: PAUSE_DEADLINE_MS });
      this.#deps.changed();
      await stopping;
    }
    return model.id;
  }

  /** Deletes what has come; a whole model is removed through the trash instead. */
  async cancel(reference: string): Promise<string> {
    const { folder, models } = this.#deps;
    const { id } = this.#requireUnfinished(reference);
    await this.pause(id);
    // It may have become whole in the meantime.
    this.#requireUnfinished(id);
    models.remove(id);
    rmSync(folder.modelDir(id), { recursive: true, force: true });
    this.#deps.changed();
    return id;
  }

  /** Every download that is not whole, oldest first. */
  views(): readonly DownloadView[] {
    return this.#unfinished()
      .map((model) => this.#view(model))
      .filter((view) => view !== undefined);
  }

  /** Follows download jobs into their records. */
  projector(): JobProjector {
    return {
      project: (job, events) => {
        if (job.kind === 'download') this.#progress.take(job.id, events);
      },
      stateChanged: (job) => {
        if (job.kind !== 'download' || isLive(job.state)) return;
        const model = this.#deps.models.byJob(job.id);
        if (model === undefined) return;
        const ended = this.#ended(model, job);
        this.#deps.models.save(ended);
        writeModelRecord(this.#deps.folder.modelDir(model.id), ended);
        if (ended.state !== 'ready') return;
        this.#progress.forget(job.id);
        // What the hub publishes no hash of; after the transaction that this is part of.
        queueMicrotask(() => this.#deps.digests.start(ended.id, { asked: false }));
      },
    };
  }

  async #launch(model: ModelRecord, request: Request): Promise<Readonly<{ modelId: string; jobId: string }>> {
    const { accountFor, clock, folder, ids, models, supervisor } = this.#deps;
    const { hub, endpoint, repository, revision } = request;
    const jobId = ids.next();
    const { error: _error, ...rest } = model;
    const building: ModelRecord = { ...rest, state: 'building', jobId };
    models.save(building);
    // An account is bound to one origin; a mirror is another one and never sees its token.
    const origin = endpointOrigin(endpoint);
    const account = origin === undefined ? undefined : await accountFor(hub, origin);
    const hasToken = origin !== undefined && account !== undefined;
    const spec = newJobSpec(
      'download',
      {
        hub,
        endpoint,
        tokenOrigin: hasToken ? origin : null,
        proxy: null,
        repository,
        revision: revision ?? null,
        include: null,
        pickleWeights: false,
        outPath: model.path,
        listOnly: false,
        connections: 3,
      },
      { id: jobId, nowMs: clock.nowMs() },
    );
    try {
      await supervisor().start(spec, {
        dir: folder.jobDir(jobId),
        detached: false,
        ...(hasToken ? { secrets: { hubToken: { account, origin } } } : {}),
      });
    } catch (error) {
      models.save({ ...building, state: 'failed', error: { ...toErrorBody(error) } });
      throw error;
    }
    this.#deps.changed();
    return { modelId: model.id, jobId };
  }

  #ended(model: ModelRecord, job: JobRecord): ModelRecord {
    if (job.state !== 'done') {
      const error = job.error ?? { code: 'model.download_paused', params: {} };
      return { ...model, state: 'failed', error: { ...error } };
    }
    try {
      const result = downloadResultSchema.parse(job.result);
      const { kind, path: place, facts } = inspectPlace(model.path);
      const revision = result.commit ?? result.revision;
      const { error: _error, ...rest } = model;
      const ready: ModelRecord = {
        ...rest,
        path: place,
        kind,
        state: 'ready',
        facts,
        source: { hub: result.hub, repository: result.repository, revision },
      };
      const known = result.files.flatMap(({ path: name, sha256 }) =>
        sha256 === null ? [] : [[name, sha256] as const],
      );
      this.#deps.digests.keep(ready, new Map(known));
      return ready;
    } catch (error) {
      return { ...model, state: 'failed', error: { ...toErrorBody(error) } };
    }
  }

  #view(model: ModelRecord): DownloadView | undefined {
    const { id: modelId, name, jobId } = model;
    let request: Request;
    try {
      request = this.#requestOf(model);
    } catch {
      return undefined;
    }
    const { hub, endpoint, repository, revision } = request;
    const job = jobId === undefined ? undefined : this.#deps.supervisor().find(jobId);
    const seen = this.#progress.of(jobId ?? '');
    const live = job !== undefined && isLive(job.state);
    const { waiting, bytesPerSecond, ...figures } = seen;
    const error = model.error?.code === 'model.download_paused' ? undefined : model.error;
    return {
      modelId,
      jobId: jobId ?? '',
      name,
      hub,
      endpoint,
      repository,
      ...(revision === undefined ? {} : { revision }),
      state: live
        ? job.state === 'stopping'
          ? 'stopping'
          : waiting !== undefined
            ? 'waiting'
            : figures.totalBytes === undefined
              ? 'listing'
              : 'fetching'
        : error === undefined
          ? 'paused'
          : 'failed',
      ...figures,
      files: [...figures.files],
      ...(live && waiting !== undefined ? { waiting } : {}),
      ...(live && bytesPerSecond !== undefined ? { bytesPerSecond } : {}),
      ...(live || error === undefined ? {} : { error }),
    };
  }

  #unfinished(): readonly ModelRecord[] {
    return this.#deps.models
      .list(EVERY)
      .items.filter((model) => model.origin === 'downloaded' && model.state !== 'ready')
      .toReversed();
  }

  #requireUnfinished(reference: string): ModelRecord {
    const model = requireOne('model', this.#deps.models.find, reference);
    if (model.origin !== 'downloaded' || model.state === 'ready')
      throw new StudioError('model.not_downloaded', { model: model.name });
    return model;
  }

  #requestOf(model: ModelRecord): Request {
    const file = path.join(this.#deps.folder.modelDir(model.id), REQUEST_FILE);
    return requestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  }

  #isLive(model: ModelRecord): boolean {
    const job = model.jobId === undefined ? undefined : this.#deps.supervisor().find(model.jobId);
    return job !== undefined && isLive(job.state);
  }
}

/** An address that a job may be told: with a scheme, without a user name. Throws `accounts.endpoint_refused`. */
function endpointOf(hub: Hub, stated: string | undefined): string {
  if (stated === undefined) return HUB_ORIGINS[hub][0];
  const address = /^[a-z][a-z0-9+.-]*:\/\//iu.test(stated) ? stated : `https://${stated}`;
  if (endpointOrigin(address) === undefined)
    throw new StudioError('accounts.endpoint_refused', { endpoint: stated });
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname.replace(/\/+$/u, '')}`;
}
