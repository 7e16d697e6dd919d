import type { Writable } from 'node:stream';

import type { ChatTopicData } from '../../shared/contract/events.ts';
import type { ChatSession } from '../../shared/contract/methods/chat.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { ChatMessage, ChatReply, ChatRequest, Sampling } from '../../shared/protocol/chat.ts';
import type { DataFolder } from '../data-folder.ts';
import type { JobLog } from '../jobs/job-log.ts';
import type { JobHandle, JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';
import type { TopicBoard } from '../topics/topic-board.ts';
import { readReplies } from './reply-lines.ts';

export type ChatServiceDeps = Readonly<{
  supervisor: Pick<JobSupervisor, 'start' | 'stop'>;
  board: TopicBoard;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
  log: JobLog;
}>;

export type OpenRequest = Readonly<{
  name: string;
  modelPath: string;
  adapterPath: string | undefined;
  template: string;
  device: 'auto' | 'cpu' | 'cuda';
  cpuThreads: number;
}>;

export type SendRequest = Readonly<{
  sessionId: string;
  messages: readonly ChatMessage[];
  target: 'base' | 'adapter';
  sampling: Sampling;
}>;

type Session = {
  readonly jobId: string;
  readonly input: Writable;
  /** The answer that is under way, and what has come of it. */
  answering: { readonly requestId: string; text: string } | undefined;
};

/** A process that only reads requests may be hurried. */
const CLOSE_DEADLINE_MS = 5000;

/** Conversations with loaded models, each a chat job of its own. Answers go to the topic `chat.<sessionId>`. */
export class ChatService {
  readonly #deps: ChatServiceDeps;
  readonly #sessions = new Map<string, Session>();

  constructor(deps: ChatServiceDeps) {
    this.#deps = deps;
    deps.board.provide('chat', (sessionId) => {
      const session = this.#sessions.get(sessionId);
      if (session === undefined) return undefined;
      const { answering } = session;
      return { kind: 'snapshot', ...answering };
    });
  }

  /** Resolves when the model can answer. Throws the job's own error where it cannot. */
  async open(request: OpenRequest): Promise<ChatSession> {
    const { clock, folder, ids, supervisor } = this.#deps;
    const jobId = ids.next();
    const sessionId = ids.next();
    const spec = newJobSpec(
      'chat',
      {
        modelPath: request.modelPath,
        adapterPath: request.adapterPath ?? null,
        template: request.template,
        device: request.device,
        cpuThreads: request.cpuThreads,
      },
      { id: jobId, nowMs: clock.nowMs() },
    );
    const handle = await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
    const template = await this.#ready(sessionId, handle);
    return {
      sessionId,
      model: request.name,
      modelPath: request.modelPath,
      ...(request.adapterPath === undefined ? {} : { adapterPath: request.adapterPath }),
      template,
    };
  }

  /** Throws `chat.session_unknown` or `chat.busy`. */
  send(request: SendRequest): string {
    const session = this.#session(request.sessionId);
    if (session.answering !== undefined) throw new StudioError('chat.busy');
    const requestId = this.#deps.ids.next();
    session.answering = { requestId, text: '' };
    write(session.input, {
      id: requestId,
      op: 'generate',
      messages: [...request.messages],
      target: request.target,
      sampling: request.sampling,
    });
    return requestId;
  }

  /** Ends an answer early; what it said so far stays, and `done` with `cancelled` follows. */
  stop(sessionId: string, requestId: string): void {
    const session = this.#session(sessionId);
    if (session.answering?.requestId === requestId) write(session.input, { id: requestId, op: 'stop' });
  }

  async close(sessionId: string): Promise<void> {
    const session = this.#session(sessionId);
    session.input.end();
    await this.#deps.supervisor.stop(session.jobId, { deadlineMs: CLOSE_DEADLINE_MS });
  }

  #ready(sessionId: string, handle: JobHandle): Promise<string> {
    const { input, replies } = handle;
    if (input === undefined || replies === undefined) throw new Error('a chat job has pipes');
    const session: Session = { jobId: handle.id, input, answering: undefined };
    return new Promise((resolve, reject) => {
      readReplies(
        replies,
        (reply) => {
          if (reply.kind === 'ready') {
            this.#sessions.set(sessionId, session);
            resolve(reply.template);
          }
          this.#take(sessionId, session, reply);
        },
        (reason) => this.#deps.log.warn({ jobId: handle.id, reason }, 'a line of a chat job was left out'),
      );
      void handle.exited.then(({ job }) => {
        const { error } = job;
        this.#sessions.delete(sessionId);
        this.#publish(sessionId, {
          kind: 'closed',
          ...(error === undefined ? {} : { code: error.code }),
          ...(error?.detail === undefined ? {} : { detail: error.detail }),
        });
        const reason = error ?? { code: 'chat.ended', params: {} };
        const detail = error?.detail;
        reject(new StudioError(reason.code, reason.params, detail === undefined ? {} : { detail }));
      });
    });
  }

  #take(sessionId: string, session: Session, reply: ChatReply): void {
    switch (reply.kind) {
      case 'delta':
        if (session.answering?.requestId === reply.id) session.answering.text += reply.text;
        break;
      case 'done':
      case 'error':
        if (reply.id === null || session.answering?.requestId === reply.id) session.answering = undefined;
        break;
      case 'ready':
        break;
    }
    this.#publish(sessionId, reply);
  }

  #publish(sessionId: string, data: ChatTopicData): void {
    this.#deps.board.publish(`chat.${sessionId}`, data);
  }

  #session(sessionId: string): Session {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw new StudioError('chat.session_unknown');
    return session;
  }
}

function write(input: Writable, request: ChatRequest): void {
  input.write(`${JSON.stringify(request)}\n`);
}
