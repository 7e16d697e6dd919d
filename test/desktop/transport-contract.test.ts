import path from 'node:path';
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe } from 'vitest';

import { BUILTIN, buildBundle } from '../../electron/tools/desktop-build.ts';
import type { FrameChannel } from '../../electron/shared/contract/frame-channel.ts';
import { Listeners } from '../../electron/shared/domain/listeners.ts';
import { describeContract, type TransportHost } from '../contract/contract-suite.ts';
import type { PageEnd } from './contract/page-end.ts';
import type { ToyProcess } from './contract/toy-launcher.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

type ShellGlobal = typeof globalThis & { toy: ToyProcess };
type PageWindow = Readonly<{ pageEnd: PageEnd }>;
type Arrived = Readonly<{ messages: Listeners<unknown>; closes: Listeners<undefined> }>;

/**
 * Page, preload, main and utility process of a real Electron, with the studio's own code at every joint. The cases
 * run here and speak through the page's port.
 */
describe.skipIf(shell === undefined)('Electron', () => {
  const bench = new ShellBench();
  const arrived = new Map<number, Arrived>();
  let studio: OpenStudio;
  let entry: string;
  let launcher: string;
  let nextId = 1;

  beforeAll(async () => {
    if (shell === undefined) throw new Error('no Electron');
    await bench.prepare();
    const { node, chrome } = shell.engine;
    const bundle = async (name: string, format: 'cjs' | 'iife', engine: string): Promise<string> =>
      buildBundle({
        out: path.join(bench.folder, 'contract', name),
        input: `test/desktop/contract/${name}.ts`,
        format,
        engine,
        external: BUILTIN,
      });
    entry = await bundle('toy-host', 'cjs', node);
    launcher = await bundle('toy-launcher', 'cjs', node);
    const pageEnd = readFileSync(await bundle('page-end', 'iife', chrome), 'utf8');
    studio = await bench.open();
    await studio.page.exposeFunction('frameArrived', (id: number, frame: unknown) =>
      arrived.get(id)?.messages.emit(frame),
    );
    await studio.page.exposeFunction('channelClosed', (id: number) =>
      arrived.get(id)?.closes.emit(undefined),
    );
    await studio.page.evaluate(pageEnd);
  });
  afterAll(() => bench.dispose());

  async function openChannel(): Promise<FrameChannel> {
    const id = nextId++;
    const ends: Arrived = { messages: new Listeners(), closes: new Listeners() };
    arrived.set(id, ends);
    const { page, app } = studio;
    // Before the port is sent, or the studio's own page would take it.
    await page.evaluate((one) => (window as unknown as PageWindow).pageEnd.expect(one), id);
    await app.evaluate(({ webContents }) => {
      const [contents] = webContents.getAllWebContents();
      if (contents !== undefined) (globalThis as ShellGlobal).toy.connect(contents);
    });
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
      await app.evaluate(
        (_electron, [file, host]) => {
          const load = process.mainModule?.require as (name: string) => {
            startToy: (entry: string) => ToyProcess;
          };
          (globalThis as ShellGlobal).toy = load(file).startToy(host);
        },
        [launcher, entry] as const,
      );
      return {
        connect: openChannel,
        bump: (times) =>
          app.evaluate((_electron, count) => (globalThis as ShellGlobal).toy.bump(count), times),
        defects: () => app.evaluate(() => (globalThis as ShellGlobal).toy.defects()),
        close: () => app.evaluate(() => (globalThis as ShellGlobal).toy.close()),
      };
    },
  });
});
