import { rmSync } from 'node:fs';

import type { ChatTopicData } from '../../shared/contract/events.ts';
import type { ChatSession } from '../../shared/contract/methods/chat.ts';
import { StudioError, type ErrorBody } from '../../shared/contract/studio-error.ts';
import type { DataFolder } from '../data-folder.ts';
import type { JobLog } from '../jobs/job-log.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';
import type { TopicBoard } from '../topics/topic-board.ts';
import { ChatProcess, type Question } from './chat-process.ts';
import { rowsSystemPrompt } from './rows-system-prompt.ts';

export type ChatServiceDeps = Readonly<{
  supervisor: Pick<JobSupervisor, 'start' | 'stop'>;
  board: TopicBoard;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
  log: JobLog;
  jobs: Readonly<{ remove: (jobId: string) => void; ended: (kind: 'chat') => readonly JobRecord[] }>;
  /** The messages of some rows that are trained on. Throws where the dataset is gone. */
  rowsOf: (datasetPath: string) => Parameters<typeof rowsSystemPrompt>[0];
}>;

export type OpenRequest = Readonly<{
  name: string;
  modelPath: string;
  adapterPath: string | undefined;
  run: Readonly<{ id: string; name: string }> | undefined;
  /** What the weights were trained on. */
  datasetPath: string | undefined;
  template: string;
  device: 'auto' | 'cpu' | 'cuda';
  cpuThreads: number;
  idleMinutes: number;
}>;

/** Two columns in two windows; each may fill a card. */
const MOST_SESSIONS = 4;
/** Reasons of sessions that are over, for a page that comes back and asks. */
const KEPT_REASONS = 64;

/** Conversations with loaded models, each a chat job of its own. Answers go to the topic `chat.<sessionId>`. */
export class ChatService {
  readonly #deps: ChatServiceDeps;
  readonly #sessions = new Map<string, ChatProcess>();
  readonly #over = new Map<string, ChatTopicData>();
  #starting = 0;

  constructor(deps: ChatServiceDeps) {
    this.#deps = deps;
    deps.board.provide(
      'chat',
      (sessionId) => this.#sessions.get(sessionId)?.snapshot() ?? this.#over.get(sessionId),
      (sessionId) => this.#sessions.get(sessionId)?.follow() ?? { dispose: () => undefined },
    );
  }

  /** Resolves when the process has begun to load. Throws `chat.too_many` and what keeps a job from starting. */
  async open(request: OpenRequest): Promise<ChatSession> {
    const { clock, folder, ids, supervisor } = this.#deps;
    this.#starting += 1;
    try {
      await this.#makeRoom();
      const jobId = ids.next();
      const { name: model, modelPath, adapterPath, run, template, device, cpuThreads } = request;
      const params = { modelPath, adapterPath: adapterPath ?? null, template, device, cpuThreads };
      const spec = newJobSpec('chat', params, { id: jobId, nowMs: clock.nowMs() });
      const handle = await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
      const session: ChatSession = {
        sessionId: ids.next(),
        model,
        modelPath,
        ...(adapterPath === undefined ? {} : { adapterPath }),
        ...(run === undefined ? {} : { run }),
        openedAtMs: clock.nowMs(),
      };
      const { sessionId } = session;
      const publish = (data: ChatTopicData): void => this.#deps.board.publish(`chat.${sessionId}`, data);
      const process = new ChatProcess(
        {
          ...this.#deps,
          publish,
          datasetSystem: () => this.#systemOf(request.datasetPath),
          idleMs: request.idleMinutes * 60_000,
          onGone: (reason, failed) => {
            const closed = { kind: 'closed', ...reason } as const;
            this.#sessions.delete(sessionId);
            this.#remember(sessionId, closed);
            publish(closed);
            // The folder of one that failed stays for whoever looks for the cause, until the studio starts anew.
            if (!failed) this.#forget(jobId, folder.jobDir(jobId));
          },
        },
        session,
        handle,
      );
      this.#sessions.set(sessionId, process);
      return session;
    } finally {
      this.#starting -= 1;
    }
  }

  /** Throws `chat.session_unknown`, `chat.loading` or `chat.busy`. */
  send({ sessionId, ...question }: Omit<Question, 'requestId'> & Readonly<{ sessionId: string }>): string {
    const requestId = this.#deps.ids.next();
    this.#session(sessionId).ask({ requestId, ...question });
    return requestId;
  }

  /** Ends an answer early; what it said so far stays, and `done` with `cancelled` follows. */
  stop(sessionId: string, requestId: string): void {
    this.#session(sessionId).stop(requestId);
  }

  async close(sessionId: string): Promise<void> {
    await this.#session(sessionId).close('chat.closed');
  }

  /** Removes what chats of an earlier core left behind. */
  sweep(): void {
    for (const { id, dir } of this.#deps.jobs.ended('chat')) this.#forget(id, dir);
  }

  async #makeRoom(): Promise<void> {
    if (this.#sessions.size + this.#starting <= MOST_SESSIONS) return;
    const left = [...this.#sessions.values()].find((session) => !session.isFollowed);
    if (left === undefined) throw new StudioError('chat.too_many', { most: MOST_SESSIONS });
    await left.close('chat.closed_unwatched');
  }

  #systemOf(datasetPath: string | undefined): NonNullable<ChatSession['recordedSystem']> {
    if (datasetPath === undefined) return { source: 'none' };
    try {
      return rowsSystemPrompt(this.#deps.rowsOf(datasetPath));
    } catch {
      // The dataset was removed since; the weights themselves record no prompt.
      return { source: 'none' };
    }
  }

  #remember(sessionId: string, closed: ErrorBody & Readonly<{ kind: 'closed' }>): void {
    const { detail, ...rest } = closed;
    this.#over.set(sessionId, { ...rest, ...(detail === undefined ? {} : { detail }) });
    const [oldest] = this.#over.keys();
    if (this.#over.size > KEPT_REASONS && oldest !== undefined) this.#over.delete(oldest);
  }

  #forget(jobId: string, dir: string): void {
    try {
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
      this.#deps.jobs.remove(jobId);
    } catch (error) {
      this.#deps.log.warn({ error, jobId }, 'the folder of a chat could not be removed');
    }
  }

  #session(sessionId: string): ChatProcess {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw new StudioError('chat.session_unknown');
    return session;
  }
}
