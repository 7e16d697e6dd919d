import { statSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { DataFolder } from '../data-folder.ts';
import type { ModelRecord } from '../db/repositories/model-repository.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';

export type TemplateServiceDeps = Readonly<{
  supervisor: Pick<JobSupervisor, 'start' | 'find'>;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
}>;

/** What a template depends on: its text, and the tokenizer that says which of its words are control tokens. */
const FILES = [
  'chat_template.jinja',
  'chat_template.json',
  'tokenizer_config.json',
  'tokenizer.json',
  'tokenizer.model',
  'special_tokens_map.json',
  'config.json',
];
/** States whose result stands, or is to come. */
const KEPT = new Set(['starting', 'running', 'done']);

/** Has chat templates of model folders looked at, each state of the files once. */
export class TemplateService {
  readonly #deps: TemplateServiceDeps;
  readonly #jobs = new Map<string, Readonly<{ mark: string; jobId: string }>>();

  constructor(deps: TemplateServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `model.not_ready`, `model.gguf_not_trained`, and what keeps a job from starting. */
  async inspect(model: ModelRecord): Promise<string> {
    const { clock, folder, ids, supervisor } = this.#deps;
    if (model.state !== 'ready')
      throw new StudioError('model.not_ready', { model: model.name, state: model.state });
    if (model.kind === 'gguf')
      throw new StudioError('model.gguf_not_trained', { file: path.basename(model.path) });
    const mark = markOf(model.path);
    const known = this.#jobs.get(model.path);
    if (known?.mark === mark && KEPT.has(supervisor.find(known.jobId)?.state ?? '')) return known.jobId;
    const jobId = ids.next();
    const spec = newJobSpec(
      'template-inspection',
      { folder: model.path },
      { id: jobId, nowMs: clock.nowMs() },
    );
    // Before the wait: a second page that asks meanwhile takes the same job.
    this.#jobs.set(model.path, { mark, jobId });
    await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
    return jobId;
  }
}

const markOf = (folder: string): string =>
  FILES.map((name) => {
    const stat = statSync(path.join(folder, name), { throwIfNoEntry: false });
    return stat === undefined ? '-' : `${String(stat.size)}:${String(stat.mtimeMs)}:${String(stat.ino)}`;
  }).join(' ');
