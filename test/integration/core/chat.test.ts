import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { UNWATCHED_CLOSE_MS } from '../../../electron/core/chat/chat-process.ts';
import type { Clock } from '../../../electron/core/ports.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { markedProcesses, waitFor } from '../../helpers/job-harness.ts';
import { followChat, type FollowedChat } from './chat-replies.ts';
import { failure, ROOT, TestStudio } from './core-harness.ts';

const MESSAGES = [{ role: 'user' as const, content: '什么是合同？' }];
/** Nearly even odds: an end by itself is out of reach before it is stopped. */
const ENDLESS = { temperature: 5, topP: 1, maxNewTokens: 20_000, seed: 1 };
const IDLE_MINUTES = 30;

/** Long waits of the core end when the test says so; short ones run by themselves. */
class Patience {
  readonly #waiting = new Map<() => void, number>();

  readonly clock: Clock = {
    nowMs: () => Date.now(),
    after: (delayMs, work) => {
      if (delayMs < UNWATCHED_CLOSE_MS) {
        const timer = setTimeout(work, delayMs);
        return { dispose: () => clearTimeout(timer) };
      }
      this.#waiting.set(work, delayMs);
      return { dispose: () => void this.#waiting.delete(work) };
    },
  };

  waits(delayMs: number): number {
    return [...this.#waiting.values()].filter((one) => one === delayMs).length;
  }

  end(delayMs: number): void {
    for (const [work, one] of [...this.#waiting]) {
      if (one !== delayMs) continue;
      this.#waiting.delete(work);
      work();
    }
  }
}

/** Chats with the embedded model through the contract: real processes, real pipes. */
describe('chat sessions', () => {
  const studio = new TestStudio();
  const patience = new Patience();
  let client: RpcClient<StudioContract>;

  beforeAll(async () => {
    client = await studio.client('write', { clock: patience.clock });
    await client.call('models.add', { path: path.join(ROOT, 'resources/tiny-model'), name: '小模型' });
  });

  afterAll(async () => {
    await studio.dispose();
    expect(studio.defects).toEqual([]);
  });

  const jobDirs = (): readonly string[] => {
    const dir = path.join(studio.home, 'jobs');
    return existsSync(dir) ? readdirSync(dir) : [];
  };

  async function open(): Promise<FollowedChat & { sessionId: string; jobId: string }> {
    const before = new Set(jobDirs());
    const { sessionId } = await client.call('chat.open', { model: '小模型', idleMinutes: IDLE_MINUTES });
    const chat = followChat(client, sessionId);
    await chat.until((reply) => reply.kind === 'ready' || reply.kind === 'closed');
    const jobId = jobDirs().find((dir) => !before.has(dir)) ?? '';
    return { ...chat, sessionId, jobId };
  }

  const isClosed = (reply: { kind: string }): boolean => reply.kind === 'closed';

  it('says how far loading is and, once loaded, what answers', async () => {
    const { sessionId, replies, jobId } = await open();
    const loading = replies.flatMap((reply) => (reply.kind === 'loading' ? [reply] : []));
    const snapshots = replies.flatMap((reply) => (reply.kind === 'snapshot' ? [reply.loaded] : []));
    expect([...loading, ...snapshots].some((one) => one !== undefined)).toBe(true);
    const ready = replies.find((reply) => reply.kind === 'ready');
    expect(ready).toMatchObject({
      session: {
        model: '小模型',
        identity: { template: 'internlm2', step: null, thinking: null, systemPrompt: null, device: 'cpu' },
        recordedSystem: { source: 'none' },
      },
    });
    expect(markedProcesses(jobId).length).toBeGreaterThan(0);
    await client.call('chat.close', { sessionId });
    // The memory of a closed chat is free, and nothing of it is left on the disk.
    expect(markedProcesses(jobId)).toEqual([]);
    await waitFor('the folder of the chat to go', () => !jobDirs().includes(jobId));
  });

  it('ends a model that is still being loaded', async () => {
    const { sessionId } = await client.call('chat.open', { model: '小模型' });
    const chat = followChat(client, sessionId);
    const refusal = await failure(client.call('chat.send', { sessionId, messages: MESSAGES }));
    expect(refusal.code).toBe('chat.loading');
    await client.call('chat.close', { sessionId });
    expect(await chat.until(isClosed)).toMatchObject({ code: 'chat.closed' });
    expect(chat.replies.some((reply) => reply.kind === 'ready')).toBe(false);
  });

  it('answers two questions one after the other, refuses a third, and carries on for one who comes back', async () => {
    const chat = await open();
    const { sessionId } = chat;
    const ask = (maxNewTokens: number): Promise<{ requestId: string }> =>
      client.call('chat.send', { sessionId, messages: MESSAGES, sampling: { ...ENDLESS, maxNewTokens } });
    const long = await ask(20_000);
    const short = await ask(3);
    expect((await failure(ask(3))).code).toBe('chat.busy');
    chat.dispose();
    const back = followChat(client, sessionId);
    const snapshot = await back.until((reply) => reply.kind === 'snapshot');
    expect(snapshot).toMatchObject({
      answers: [{ requestId: long.requestId }, { requestId: short.requestId, text: '' }],
    });
    await back.until((reply) => reply.kind === 'delta' && reply.id === long.requestId);
    await client.call('chat.stop', { sessionId, requestId: long.requestId });
    const done = await back.until((reply) => reply.kind === 'done' && reply.id === long.requestId);
    expect(done).toMatchObject({ finish: 'cancelled' });
    // What came before and after the gap is the whole text, each character once.
    const before = snapshot.kind === 'snapshot' ? (snapshot.answers[0]?.text ?? '') : '';
    const after = back.replies.map((reply) =>
      reply.kind === 'delta' && reply.id === long.requestId ? reply.text : '',
    );
    expect(done.kind === 'done' ? done.text : '').toBe(before + after.join(''));
    expect(await back.until((reply) => reply.kind === 'done' && reply.id === short.requestId)).toMatchObject({
      finish: 'length',
      answerTokens: 3,
    });
    back.dispose();
    const later = followChat(client, sessionId);
    expect(await later.until((reply) => reply.kind === 'snapshot')).toMatchObject({
      answers: [{ end: { finish: 'cancelled' } }, { end: { finish: 'length' } }],
    });
    await client.call('chat.close', { sessionId });
  });

  it('lets a model go that nobody follows, also in the middle of an answer, and says so afterwards', async () => {
    const chat = await open();
    const { sessionId, jobId } = chat;
    await client.call('chat.send', { sessionId, messages: MESSAGES, sampling: ENDLESS });
    patience.end(UNWATCHED_CLOSE_MS);
    expect(markedProcesses(jobId)).not.toEqual([]);
    chat.dispose();
    await waitFor('the core to hear of it', () => patience.waits(UNWATCHED_CLOSE_MS) === 1);
    patience.end(UNWATCHED_CLOSE_MS);
    await waitFor('the process to end', () => markedProcesses(jobId).length === 0);
    await waitFor('the folder to go', () => !jobDirs().includes(jobId));
    const back = followChat(client, sessionId);
    expect(await back.until(isClosed)).toMatchObject({ code: 'chat.closed_unwatched' });
  });

  it('lets a model go that nobody asks, and not one that is answering', async () => {
    const { sessionId, until } = await open();
    const { requestId } = await client.call('chat.send', {
      sessionId,
      messages: MESSAGES,
      sampling: ENDLESS,
    });
    expect(patience.waits(IDLE_MINUTES * 60_000)).toBe(0);
    await client.call('chat.stop', { sessionId, requestId });
    await until((reply) => reply.kind === 'done');
    patience.end(IDLE_MINUTES * 60_000);
    expect(await until(isClosed)).toMatchObject({ code: 'chat.closed_idle' });
  });

  it('names the end of a process that was killed, and opens again', async () => {
    const { until, jobId } = await open();
    for (const pid of markedProcesses(jobId)) process.kill(pid, 'SIGKILL');
    expect(await until(isClosed)).toMatchObject({ code: 'job.killed', params: { signal: 'SIGKILL' } });
    const again = await open();
    expect(again.replies.some((reply) => reply.kind === 'ready')).toBe(true);
    await client.call('chat.close', { sessionId: again.sessionId });
    // Whoever looks for the cause finds the folder of the killed one until the next start.
    expect(jobDirs()).toContain(jobId);
    client.dispose();
    await studio.close();
    client = await studio.client('write', { clock: patience.clock });
    expect(jobDirs()).not.toContain(jobId);
  });

  it('holds four models at most, and takes the place of one that nobody follows', async () => {
    const opened = await Promise.all([1, 2, 3, 4].map(() => client.call('chat.open', { model: '小模型' })));
    const chats = opened.map(({ sessionId }) => followChat(client, sessionId));
    await Promise.all(chats.map((chat) => chat.until((reply) => reply.kind === 'ready')));
    const refusal = await failure(client.call('chat.open', { model: '小模型' }));
    expect(refusal).toMatchObject({ code: 'chat.too_many', params: { most: 4 } });
    chats[2]?.dispose();
    const fifth = await client.call('chat.open', { model: '小模型' });
    expect((await failure(client.call('chat.close', { sessionId: opened[2]?.sessionId ?? '' }))).code).toBe(
      'chat.session_unknown',
    );
    for (const { sessionId } of [...opened.filter((_, index) => index !== 2), fifth])
      await client.call('chat.close', { sessionId });
  });
});
