import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createRpcClient, type RpcClient } from '../../electron/shared/contract/rpc-client.ts';
import type { FrameChannel } from '../../electron/shared/contract/frame-channel.ts';
import { StudioError } from '../../electron/shared/contract/studio-error.ts';
import type { TOY_CONTRACT } from './toy-contract.ts';

/** A running far end that answers the toy contract; every `connect` is a new connection to it. */
export type TransportHost = Readonly<{
  connect(): Promise<FrameChannel>;
  /** Counts its topic up. */
  bump(times: number): Promise<void>;
  /** Methods that failed at the far end without a code of their own. */
  defects(): Promise<readonly string[]>;
  close(): Promise<void>;
}>;

/** `host` starts a far end of its own: no case sees what another one did. */
export type Transport = Readonly<{ name: string; host(): Promise<TransportHost> }>;

type Seen = { readonly seq: number; readonly data: unknown };

async function failure(promise: Promise<unknown>): Promise<StudioError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof StudioError) return error;
    throw error;
  }
  throw new Error('expected a rejection');
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** What every transport must do, whatever carries its frames: the one place where it is written. */
export function describeContract(transport: Transport): void {
  describe(`contract over ${transport.name}`, () => {
    let host: TransportHost;
    let channel: FrameChannel;
    let client: RpcClient<typeof TOY_CONTRACT>;

    beforeEach(async () => {
      host = await transport.host();
      channel = await host.connect();
      client = createRpcClient();
      client.attach(channel);
    });

    afterEach(async () => {
      client.dispose();
      await host.close();
    });

    /** Follows `counter` and returns what arrives, in order. */
    function follow(since?: number): Seen[] {
      const seen: Seen[] = [];
      client.subscribe('counter', (event) => seen.push(event), since);
      return seen;
    }

    it('answers a call, with the defaults of the schema filled in', async () => {
      expect(await client.call('toy.echo', { text: '合同' })).toEqual({ text: '合同' });
      expect(await client.call('toy.echo', { text: 'ab', times: 3 })).toEqual({ text: 'ababab' });
    });

    it('matches answers to calls although they come back in another order', async () => {
      const delays = [30, 1, 15];
      const answers = await Promise.all(delays.map((ms) => client.call('toy.slow', { ms })));
      expect(answers.map((answer) => answer.ms)).toEqual(delays);
    });

    it('refuses a wrong input with the path of every field, before the handler sees it', async () => {
      const wrong = { text: 5, times: 99 } as unknown as { text: string };
      const error = await failure(client.call('toy.echo', wrong));
      expect(error.code).toBe('core.invalid_input');
      const issues = error.params['issues'] as { path: string }[];
      expect(issues.map((issue) => issue.path).sort()).toEqual(['text', 'times']);
    });

    it('carries code, params and detail of a failure, and nothing of a defect but its stack', async () => {
      const error = await failure(client.call('toy.fail', {}));
      expect(error).toMatchObject({
        code: 'core.not_found',
        params: { kind: 'run', reference: '案件一' },
        detail: 'raw',
      });
      expect(await host.defects()).toEqual([]);
      expect((await failure(client.call('toy.break', {}))).code).toBe('core.internal');
      expect(await host.defects()).toEqual(['toy.break']);
    });

    it('refuses an unknown method, also one that every object has', async () => {
      const call = client.call as unknown as (name: string, input: unknown) => Promise<unknown>;
      expect((await failure(call('toy.nothing', {}))).code).toBe('core.unknown_method');
      expect((await failure(call('constructor', {}))).code).toBe('core.unknown_method');
    });

    it('survives frames that are none, and goes on answering', async () => {
      for (const junk of [
        null,
        7,
        'text',
        [],
        { k: 'req' },
        { k: 'res', id: 999 },
        { k: 'sub', topic: '' },
      ]) {
        channel.send(junk);
      }
      expect(await client.call('toy.echo', { text: 'still here' })).toEqual({ text: 'still here' });
    });

    it('sends a snapshot first, then events with growing numbers', async () => {
      await host.bump(1);
      const seen = follow();
      await until(() => seen.length === 1);
      await host.bump(2);
      await until(() => seen.length === 3);
      expect(seen.map((event) => event.data)).toEqual([
        { kind: 'snapshot', count: 1 },
        { kind: 'count', count: 2 },
        { kind: 'count', count: 3 },
      ]);
      const numbers = seen.map((event) => event.seq);
      expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
      expect(new Set(numbers).size).toBe(3);
    });

    it('replays exactly what a dropped connection missed', async () => {
      const seen = follow();
      await until(() => seen.length === 1);
      await host.bump(1);
      await until(() => seen.length === 2);
      channel.close();
      await host.bump(2);
      channel = await host.connect();
      client.attach(channel);
      await until(() => seen.length === 4);
      await host.bump(1);
      await until(() => seen.length === 5);
      expect(seen.slice(1).map((event) => (event.data as { count: number }).count)).toEqual([1, 2, 3, 4]);
      expect(new Set(seen.map((event) => event.seq)).size).toBe(5);
    });

    it('sends a snapshot where the ring no longer holds what was missed', async () => {
      const first = follow();
      await until(() => first.length === 1);
      const since = first[0]?.seq ?? 0;
      await host.bump(2000);
      const seen: Seen[] = [];
      const late = createRpcClient<typeof TOY_CONTRACT>();
      late.attach(await host.connect());
      late.subscribe('counter', (event) => seen.push(event), since);
      await until(() => seen.length === 1);
      expect(seen[0]?.data).toEqual({ kind: 'snapshot', count: 2000 });
      late.dispose();
    });

    it('sends a snapshot to a number from another life of the core', async () => {
      const seen = follow(9_000_000_000_000_000);
      await until(() => seen.length === 1);
      expect(seen[0]?.data).toEqual({ kind: 'snapshot', count: 0 });
    });

    it('replays a topic from its beginning for since 0', async () => {
      const first = follow();
      await until(() => first.length === 1);
      await host.bump(2);
      const seen: Seen[] = [];
      const late = createRpcClient<typeof TOY_CONTRACT>();
      late.attach(await host.connect());
      late.subscribe('counter', (event) => seen.push(event), 0);
      await until(() => seen.length === 2);
      expect(seen.map((event) => (event.data as { count: number }).count)).toEqual([1, 2]);
      late.dispose();
    });

    it('answers a subscription to nothing with the error', async () => {
      const seen: Seen[] = [];
      client.subscribe('nowhere', (event) => seen.push(event));
      await until(() => seen.length === 1);
      expect(seen[0]?.data).toMatchObject({ kind: 'error', error: { code: 'core.unknown_topic' } });
    });

    it('sends nothing more after unsubscribing', async () => {
      const seen: Seen[] = [];
      const subscription = client.subscribe('counter', (event) => seen.push(event));
      await until(() => seen.length === 1);
      subscription.dispose();
      await client.call('toy.echo', { text: 'after the unsub' });
      await host.bump(1);
      await client.call('toy.echo', { text: 'after the event' });
      expect(seen.length).toBe(1);
    });

    it('fails the calls that were under way when the connection is lost', async () => {
      const pending = failure(client.call('toy.slow', { ms: 60_000 }));
      channel.close();
      expect((await pending).code).toBe('core.disconnected');
    });
  });
}
