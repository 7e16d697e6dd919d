import type { Writable } from 'node:stream';

import type { Disposable } from '../../shared/contract/disposable.ts';
import type { ChatTopicData } from '../../shared/contract/events.ts';
import type { ChatSession } from '../../shared/contract/methods/chat.ts';
import { StudioError, type ErrorBody } from '../../shared/contract/studio-error.ts';
import type { ChatMessage, ChatReply, ChatRequest, Sampling } from '../../shared/protocol/chat.ts';
import type { JobLog } from '../jobs/job-log.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { JobHandle, JobSupervisor } from '../jobs/job-supervisor.ts';
import type { Clock } from '../ports.ts';
import { readReplies } from './reply-lines.ts';

/** A process that only reads requests may be hurried. */
const CLOSE_DEADLINE_MS = 5000;
/** Long enough to reload a page or to look at a run; a loaded model holds gigabytes of a card. */
export const UNWATCHED_CLOSE_MS = 120_000;
/** Whoever opened it was gone before hearing its name: a page that was reloaded just then. */
const UNFOLLOWED_CLOSE_MS = 30_000;
/** Text is told this often: as smooth as reading needs, and few enough frames for many tokens a second. */
const DELTA_INTERVAL_MS = 80;
/** Two columns may ask one model. */
const MOST_QUESTIONS = 2;
/** Answers that ended are kept for a page that comes back. */
const KEPT_ANSWERS = 8;

type Ending = Extract<ChatReply, { kind: 'done' | 'error' }>;
type Answer = { text: string; /** Not told yet. */ pending: string; end: Ending | undefined };

export type Question = Readonly<{
  requestId: string;
  messages: readonly ChatMessage[];
  target: 'base' | 'adapter';
  sampling: Sampling;
  useRecordedSystem: boolean;
}>;

export type ChatProcessDeps = Readonly<{
  supervisor: Pick<JobSupervisor, 'stop'>;
  clock: Clock;
  log: JobLog;
  publish: (data: ChatTopicData) => void;
  /** The system prompt that all rows of the training data carry; undefined where they do not. */
  datasetSystem: () => NonNullable<ChatSession['recordedSystem']>;
  idleMs: number;
  /** The process is gone; `failed` where nobody asked it to go. */
  onGone: (reason: ErrorBody, failed: boolean) => void;
}>;

/** One chat job: what it loads, what it is asked and says, who follows it, and its end. */
export class ChatProcess {
  readonly #deps: ChatProcessDeps;
  readonly #jobId: string;
  readonly #input: Writable;
  readonly #answers = new Map<string, Answer>();
  #session: ChatSession;
  #loaded: Readonly<{ layers: number; totalLayers: number }> | undefined;
  #followers = 0;
  #wasFollowed = false;
  #unwatched: Disposable | undefined;
  #idle: Disposable | undefined;
  #telling: Disposable | undefined;
  #closing: Promise<unknown> | undefined;
  #closedBecause: string | undefined;
  #isGone = false;

  constructor(deps: ChatProcessDeps, session: ChatSession, handle: JobHandle) {
    const { input, replies } = handle;
    if (input === undefined || replies === undefined) throw new Error('a chat job has pipes');
    this.#deps = deps;
    this.#jobId = handle.id;
    this.#input = input;
    this.#session = session;
    readReplies(
      replies,
      (reply) => this.#take(reply),
      (reason) => deps.log.warn({ jobId: handle.id, reason }, 'a line of a chat job was left out'),
    );
    void handle.exited.then(({ job }) => this.#gone(job));
    this.#watchFollowers();
  }

  get isFollowed(): boolean {
    return this.#followers > 0;
  }

  snapshot(): ChatTopicData {
    // What is not told yet is told first, or who hears the snapshot would hear it twice.
    this.#tell();
    return {
      kind: 'snapshot',
      session: this.#session,
      ...(this.#loaded === undefined ? {} : { loaded: this.#loaded }),
      answers: [...this.#answers].map(([requestId, { text, end }]) => ({
        requestId,
        text,
        ...(end === undefined ? {} : { end }),
      })),
    };
  }

  follow(): Disposable {
    this.#followers += 1;
    this.#wasFollowed = true;
    this.#watchFollowers();
    let isOver = false;
    return {
      dispose: () => {
        if (isOver) return;
        isOver = true;
        this.#followers -= 1;
        this.#watchFollowers();
      },
    };
  }

  /** Throws `chat.loading` or `chat.busy`. */
  ask(question: Question): void {
    const { identity, recordedSystem } = this.#session;
    if (identity === undefined) throw new StudioError('chat.loading');
    if (this.#underWay() >= MOST_QUESTIONS) throw new StudioError('chat.busy');
    const { requestId, target, sampling, useRecordedSystem } = question;
    this.#answers.set(requestId, { text: '', pending: '', end: undefined });
    this.#forgetOld();
    this.#watchIdleness();
    const messages = [...question.messages];
    // What the weights record stands in by itself; what only the rows carry is put in here.
    const standsIn = recordedSystem?.source === 'dataset' ? recordedSystem.text : undefined;
    if (useRecordedSystem && standsIn !== undefined && messages[0]?.role !== 'system') {
      messages.unshift({ role: 'system', content: standsIn });
    }
    this.#write({ id: requestId, op: 'generate', messages, target, sampling, useRecordedSystem });
  }

  stop(requestId: string): void {
    const answer = this.#answers.get(requestId);
    if (answer !== undefined && answer.end === undefined) this.#write({ id: requestId, op: 'stop' });
  }

  /** Resolves when the process is gone. Followers are told `because`, a code. */
  async close(because: string): Promise<void> {
    this.#closedBecause ??= because;
    this.#input.end();
    this.#closing ??= this.#deps.supervisor.stop(this.#jobId, { deadlineMs: CLOSE_DEADLINE_MS });
    await this.#closing;
  }

  #take(reply: ChatReply): void {
    const { publish } = this.#deps;
    switch (reply.kind) {
      case 'loading':
        this.#loaded = { layers: reply.layers, totalLayers: reply.totalLayers };
        publish(reply);
        break;
      case 'ready': {
        const { identity } = reply;
        const { systemPrompt } = identity;
        const recordedSystem =
          systemPrompt === null
            ? this.#deps.datasetSystem()
            : ({ source: 'recipe', text: systemPrompt } as const);
        this.#session = { ...this.#session, identity, recordedSystem };
        publish({ kind: 'ready', session: this.#session });
        this.#watchIdleness();
        break;
      }
      case 'delta': {
        const answer = this.#answers.get(reply.id);
        if (answer === undefined) break;
        answer.text += reply.text;
        answer.pending += reply.text;
        this.#telling ??= this.#deps.clock.after(DELTA_INTERVAL_MS, () => this.#tell());
        break;
      }
      case 'done':
      case 'error': {
        this.#tell();
        const answer = reply.id === null ? undefined : this.#answers.get(reply.id);
        if (answer !== undefined) {
          answer.end = reply;
          if (reply.kind === 'done') answer.text = reply.text;
        }
        publish(reply);
        this.#watchIdleness();
        break;
      }
    }
  }

  #tell(): void {
    this.#telling?.dispose();
    this.#telling = undefined;
    for (const [id, answer] of this.#answers) {
      if (answer.pending === '') continue;
      const text = answer.pending;
      answer.pending = '';
      this.#deps.publish({ kind: 'delta', id, text });
    }
  }

  #gone(job: JobRecord): void {
    this.#isGone = true;
    this.#tell();
    this.#unwatched?.dispose();
    this.#idle?.dispose();
    const failed = this.#closedBecause === undefined;
    const { code, params, detail } =
      this.#closedBecause === undefined
        ? (job.error ?? { code: 'chat.ended', params: {} })
        : { code: this.#closedBecause, params: {}, detail: undefined };
    const reason: ErrorBody = { code, params, ...(detail === undefined ? {} : { detail }) };
    // The job is not forgotten before whoever stops it has read its last state.
    void Promise.resolve(this.#closing)
      .catch((error: unknown) => this.#deps.log.warn({ error, jobId: this.#jobId }, 'a chat job hung'))
      .then(() => this.#deps.onGone(reason, failed));
  }

  #watchFollowers(): void {
    this.#unwatched?.dispose();
    this.#unwatched = undefined;
    if (this.#followers > 0 || this.#isGone) return;
    const patienceMs = this.#wasFollowed ? UNWATCHED_CLOSE_MS : UNFOLLOWED_CLOSE_MS;
    this.#unwatched = this.#deps.clock.after(patienceMs, () => this.#end('chat.closed_unwatched'));
  }

  #watchIdleness(): void {
    this.#idle?.dispose();
    this.#idle = undefined;
    if (this.#deps.idleMs === 0 || this.#underWay() > 0 || this.#isGone) return;
    this.#idle = this.#deps.clock.after(this.#deps.idleMs, () => this.#end('chat.closed_idle'));
  }

  #end(because: string): void {
    this.close(because).catch((error: unknown) =>
      this.#deps.log.error({ error, jobId: this.#jobId }, 'a chat job could not be ended'),
    );
  }

  #underWay(): number {
    return [...this.#answers.values()].filter((answer) => answer.end === undefined).length;
  }

  #forgetOld(): void {
    const ended = [...this.#answers].filter(([, answer]) => answer.end !== undefined);
    for (const [requestId] of ended.slice(0, -KEPT_ANSWERS)) this.#answers.delete(requestId);
  }

  #write(request: ChatRequest): void {
    this.#input.write(`${JSON.stringify(request)}\n`);
  }
}
