import path from 'node:path';

import type { ElectronApplication } from 'playwright-core';

import { BUILTIN, buildBundle } from '../../../electron/tools/desktop-build.ts';
import type { ToyProcess } from './toy-launcher.ts';

type ShellGlobal = typeof globalThis & { toy: ToyProcess };
type Launcher = Readonly<{ startToy: (entry: string) => ToyProcess }>;

/** The toy contract behind a utility process of the running shell, seen from the test. */
export class ToyShell {
  #entry = '';
  #launcher = '';

  async build(folder: string, nodeEngine: string): Promise<void> {
    const bundle = (name: string): Promise<string> =>
      buildBundle({
        out: path.join(folder, 'toy', name),
        input: `test/desktop/contract/${name}.ts`,
        format: 'cjs',
        engine: nodeEngine,
        external: BUILTIN,
      });
    this.#entry = await bundle('toy-host');
    this.#launcher = await bundle('toy-launcher');
  }

  async start(app: ElectronApplication): Promise<void> {
    await app.evaluate(
      (_electron, [launcher, entry]) => {
        const { mainModule } = process as unknown as { mainModule: { require(name: string): Launcher } };
        (globalThis as ShellGlobal).toy = mainModule.require(launcher).startToy(entry);
      },
      [this.#launcher, this.#entry] as const,
    );
  }

  /** Sends a port of the toy to the page, as the shell sends that of the core. */
  async connect(app: ElectronApplication): Promise<void> {
    await app.evaluate(({ webContents }) => {
      const [contents] = webContents.getAllWebContents();
      if (contents !== undefined) (globalThis as ShellGlobal).toy.connect(contents);
    });
  }

  bump(app: ElectronApplication, times: number): Promise<void> {
    return app.evaluate((_electron, count) => (globalThis as ShellGlobal).toy.bump(count), times);
  }

  defects(app: ElectronApplication): Promise<readonly string[]> {
    return app.evaluate(() => (globalThis as ShellGlobal).toy.defects());
  }

  close(app: ElectronApplication): Promise<void> {
    return app.evaluate(() => (globalThis as ShellGlobal).toy.close());
  }
}
