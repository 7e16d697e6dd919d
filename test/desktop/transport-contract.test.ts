import path from 'node:path';
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe } from 'vitest';

import { BUILTIN, buildBundle } from '../../electron/tools/desktop-build.ts';
import type { FrameChannel } from '../../electron/shared/contract/frame-channel.ts';
import { Listeners } from '../../electron/shared/domain/listeners.ts';
import { describeContract, type TransportHost } from '../contract/contract-suite.ts';
import type { PageEnd } from './contract/page-end.ts';
import { ToyShell } from './contract/toy-shell.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

type PageWindow = Readonly<{ pageEnd: PageEnd }>;
type Arrived = Readonly<{ messages: Listeners<unknown>; closes: Listeners<undefined> }>;

/**
 * Page, preload, main and utility process of a real Electron, with the studio's own code at every joint. The cases
 * run here and speak through the page's port.
 */
describe.skipIf(shell === undefined)('Electron', () => {
  const bench = new ShellBench();
  const toy = new ToyShell();
  const arrived = new Map<number, Arrived>();
  let studio: OpenStudio;
  let nextId = 1;

  beforeAll(async () => {
    if (shell === undefined) throw new Error('no Electron');
    await bench.prepare();
    await toy.build(bench.folder, shell.engine.node);
    const pageEnd = await buildBundle({
      out: path.join(bench.folder, 'page-end'),
      input: 'test/desktop/contract/page-end.ts',
      format: 'iife',
      engine: shell.engine.chrome,
      external: BUILTIN,
    });
    studio = await bench.open();
    await studio.page.exposeFunction('frameArrived', (id: number, frame: unknown) =>
      arrived.get(id)?.messages.emit(frame),
    );
    await studio.page.exposeFunction('channelClosed', (id: number) =>
      arrived.get(id)?.closes.emit(undefined),
    );
    await studio.page.evaluate(readFileSync(pageEnd, 'utf8'));
  });
  afterAll(() => bench.dispose());

  async function openChannel(): Promise<FrameChannel> {
    const id = nextId++;
    const ends: Arrived = { messages: new Listeners(), closes: new Listeners() };
    arrived.set(id, ends);
    const { page, app } = studio;
    // Before the port is sent, or the studio's own page would take it.
    await page.evaluate((one) => (window as unknown as PageWindow).pageEnd.expect(one), id);
    await toy.connect(app);
    await page.evaluate((one) => (window as unknown as PageWindow).pageEnd.opened(one), id);
    return {
      send: (frame) =>
        void page.evaluate(([one, value]) => (window as unknown as PageWindow).pageEnd.send(one, value), [
          id,
          frame,
        ] as const),
      onMessage: (listener) => ends.messages.add(listener),
      onClose: (listener) => ends.closes.add(() => listener()),
      close: () => void page.evaluate((one) => (window as unknown as PageWindow).pageEnd.close(one), id),
    };
  }

  describeContract({
    name: 'a page’s port to a utility process',
    host: async (): Promise<TransportHost> => {
      const { app } = studio;
      await toy.start(app);
      return {
        connect: openChannel,
        bump: (times) => toy.bump(app, times),
        defects: () => toy.defects(app),
        close: () => toy.close(app),
      };
    },
  });
});
