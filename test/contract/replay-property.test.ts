import { connect, createServer as listen, type AddressInfo, type Server, type Socket } from 'node:net';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';

import { createWebSocketChannel } from '../../electron/server/web-socket-channel.ts';
import { createRpcClient } from '../../electron/shared/contract/rpc-client.ts';
import { ServerHarness } from './server-harness.ts';
import { openSocket } from './transports.ts';

type Happening = Readonly<
  | { kind: 'burst'; events: number }
  /** The connection ends after so many bytes more, which is in the middle of a frame as often as not. */
  | { kind: 'cut'; afterBytes: number }
  | { kind: 'connect' }
  /** The event loop turns: what is under way may arrive. */
  | { kind: 'breath' }
>;

const happenings = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('burst'), events: fc.integer({ min: 1, max: 300 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('cut'), afterBytes: fc.integer({ min: 0, max: 9000 }) }),
    },
    { weight: 3, arbitrary: fc.constant({ kind: 'connect' } as const) },
    { weight: 3, arbitrary: fc.constant({ kind: 'breath' } as const) },
  ),
  { minLength: 5, maxLength: 40 },
) as fc.Arbitrary<Happening[]>;

/** A line of plain bytes to the server, which can be cut. */
class Line {
  readonly #pairs = new Set<Readonly<{ near: Socket; far: Socket }>>();
  #bytesLeft = Number.POSITIVE_INFINITY;
  #listener: Server | undefined;
  cuts = 0;

  async open(serverPort: number): Promise<number> {
    const listener = listen((near) => {
      const pair = { near, far: connect(serverPort, '127.0.0.1') };
      this.#pairs.add(pair);
      this.#bytesLeft = Number.POSITIVE_INFINITY;
      for (const [from, to] of [
        [near, pair.far],
        [pair.far, near],
      ] as const) {
        from.on('error', () => undefined);
        from.on('close', () => to.destroy());
      }
      near.on('data', (bytes) => pair.far.write(bytes));
      pair.far.on('data', (bytes) => {
        near.write(bytes.subarray(0, Math.min(bytes.length, this.#bytesLeft)));
        this.#bytesLeft -= bytes.length;
        if (this.#bytesLeft <= 0) this.#cut();
      });
      near.on('close', () => this.#pairs.delete(pair));
    });
    this.#listener = listener;
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return (listener.address() as AddressInfo).port;
  }

  cutAfter(bytes: number): void {
    this.#bytesLeft = bytes;
    if (bytes === 0) this.#cut();
  }

  close(): void {
    this.#cut();
    this.#listener?.close();
  }

  #cut(): void {
    for (const { near, far } of this.#pairs) {
      this.cuts += 1;
      // What has been written goes out first: the other side gets half a frame.
      near.end();
      far.destroy();
    }
    this.#pairs.clear();
  }
}

const STORIES = 100;
const QUICKLY = { timeout: 10_000, interval: 1 };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a page does with a topic: a snapshot is the whole truth, a count must be the next one. */
class Page {
  count: number | undefined;
  readonly faults: string[] = [];
  #lastSeq = 0;

  receive = ({ seq, data }: { readonly seq: number; readonly data: unknown }): void => {
    const { kind, count } = data as { kind: 'snapshot' | 'count'; count: number };
    if (kind === 'count' && this.count !== undefined && count !== this.count + 1)
      this.faults.push(`${String(count)} after ${String(this.count)}`);
    if (kind === 'snapshot' && this.count !== undefined && count < this.count)
      this.faults.push(`snapshot ${String(count)} after ${String(this.count)}`);
    if (kind === 'count' && seq <= this.#lastSeq) this.faults.push(`seq ${String(seq)} again`);
    this.#lastSeq = seq;
    this.count = count;
  };
}

describe('a topic over a WebSocket that is cut again and again in bursts', () => {
  it('loses nothing and doubles nothing', async () => {
    const harness = await new ServerHarness().open();
    const { server, topics, cookie } = harness;
    const line = new Line();
    try {
      const port = await line.open(server.port);
      await fc.assert(
        fc.asyncProperty(happenings, fc.integer({ min: 1, max: 9000 }), async (story, lastCutBytes) => {
          const page = new Page();
          const client = createRpcClient();
          let socket: WebSocket | undefined;
          const connect = async (): Promise<void> => {
            socket?.terminate();
            socket = await openSocket(port, { cookie, host: harness.host });
            client.attach(createWebSocketChannel(socket));
          };
          client.subscribe('counter', page.receive);
          await connect();
          for (const one of story) {
            switch (one.kind) {
              case 'burst':
                for (let event = 0; event < one.events; event++) topics.bump();
                break;
              case 'cut':
                line.cutAfter(one.afterBytes);
                for (let event = 0; event < 50; event++) topics.bump();
                for (let turns = 0; turns < 30; turns++) await turn();
                break;
              case 'connect':
                await connect();
                break;
              case 'breath':
                await turn();
            }
          }
          // Whatever the story was, it ends with a cut in a burst.
          await connect();
          await expect.poll(() => page.count, QUICKLY).toBe(topics.count);
          const before = line.cuts;
          line.cutAfter(lastCutBytes);
          for (let event = 0; event < 400; event++) topics.bump();
          await expect.poll(() => line.cuts, QUICKLY).toBeGreaterThan(before);
          await connect();
          topics.bump();
          await expect.poll(() => page.count, QUICKLY).toBe(topics.count);
          client.dispose();
          expect(page.faults).toEqual([]);
        }),
        // A story is hardly ever the same twice, so a shorter one proves nothing.
        { numRuns: STORIES, endOnFailure: true },
      );
    } finally {
      line.close();
      await harness.close();
    }
    expect(line.cuts).toBeGreaterThanOrEqual(STORIES);
  });
});
