import { describe, expect, it } from 'vitest';

import { createHeldChannel } from '../../electron/rpc/held-channel.ts';
import { createInMemoryPair } from '../../electron/rpc/in-memory-pair.ts';

const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve));

/** A page talks before the core stands; a frame that got lost there is a call that never ends. */
describe('a channel that is held', () => {
  it('gives what came early to the first listener, in order, and then what comes', async () => {
    const [page, core] = createInMemoryPair();
    const held = createHeldChannel(core);
    page.send(1);
    page.send(2);
    await settled();
    const received: unknown[] = [];
    held.onMessage((message) => received.push(message));
    expect(received).toEqual([1, 2]);
    page.send(3);
    await settled();
    expect(received).toEqual([1, 2, 3]);
  });

  it('tells of an end that came while nobody listened', async () => {
    const [page, core] = createInMemoryPair();
    const held = createHeldChannel(core);
    page.send(1);
    page.close();
    await settled();
    const received: unknown[] = [];
    let ended = 0;
    held.onMessage((message) => received.push(message));
    held.onClose(() => (ended += 1));
    await settled();
    expect({ received, ended }).toEqual({ received: [], ended: 1 });
  });

  it('cuts off who talks without end to nobody', async () => {
    const [page, core] = createInMemoryPair();
    const held = createHeldChannel(core, 10);
    let ended = false;
    page.onClose(() => (ended = true));
    for (let count = 0; count < 11; count += 1) page.send(count);
    await settled();
    const received: unknown[] = [];
    held.onMessage((message) => received.push(message));
    expect({ received, ended }).toEqual({ received: [], ended: true });
  });
});
