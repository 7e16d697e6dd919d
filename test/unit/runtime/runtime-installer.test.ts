import { describe, expect, it } from 'vitest';

import type { RuntimePort } from '../../../electron/core/ports.ts';
import {
  createRuntimeInstaller,
  type RuntimeInstaller,
} from '../../../electron/core/runtime/runtime-installer.ts';
import {
  runtimeTopicSchema,
  type InstallProgress,
  type RuntimeTopicData,
} from '../../../electron/shared/contract/methods/runtime.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';

const request = { variant: 'auto', mirror: undefined, repair: false } as const;

const progress = (packagesDone: number): InstallProgress => ({
  phase: 'packages',
  packagesDone,
  packagesTotal: 50,
  fileBytes: 0,
  fileTotalBytes: 0,
  downloadedBytes: packagesDone * 1000,
});

type Machine = Readonly<{
  installer: RuntimeInstaller;
  published: RuntimeTopicData[];
  report: (value: InstallProgress) => void;
  end: (error?: Error) => Promise<void>;
  tick: () => void;
}>;

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An installation that goes on until `end`. */
const machine = (resolve: RuntimePort['resolve'] = () => Promise.resolve('cu130')): Machine => {
  const published: RuntimeTopicData[] = [];
  let waiting: (() => void) | undefined;
  let onProgress: (value: InstallProgress) => void = () => undefined;
  let finish: (error?: Error) => void = () => undefined;
  const installer = createRuntimeInstaller(
    {
      standingPython: () => undefined,
      mirrors: () => [],
      checkMirror: () => undefined,
      pythonPath: () => Promise.reject(new Error('not asked')),
      overview: () => Promise.reject(new Error('not asked')),
      resolve,
      install: (_request, tell) => {
        onProgress = tell;
        return new Promise((done, fail) => {
          finish = (error) => (error === undefined ? done() : fail(error));
        });
      },
    },
    {
      nowMs: () => 0,
      after: (_delayMs, work) => {
        waiting = work;
        return {
          dispose: () => {
            waiting = undefined;
          },
        };
      },
    },
    (data) => published.push(runtimeTopicSchema.parse(data)),
  );
  return {
    installer,
    published,
    report: (value) => onProgress(value),
    end: async (error) => {
      finish(error);
      await settle();
    },
    tick: () => waiting?.(),
  };
};

describe('the installer behind the contract', () => {
  it('gathers what moves into frames, and ends with the last state (a page must not stay at 49 of 50)', async () => {
    const { installer, published, report, end, tick } = machine();
    expect(installer.state()).toEqual({ state: 'idle' });
    expect(await installer.start(request)).toEqual({ variant: 'cu130' });
    for (let count = 1; count <= 40; count += 1) report(progress(count));
    tick();
    report(progress(49));
    await end();
    expect(published.map((one) => one.progress?.packagesDone ?? one.state)).toEqual([
      'installing',
      40,
      'done',
    ]);
    tick();
    expect(published.at(-1)).toEqual({ state: 'done', variant: 'cu130' });
  });

  it('installs one environment at a time, also while the cards are still being asked', async () => {
    const { installer, end } = machine();
    const first = installer.start(request);
    await expect(installer.start(request)).rejects.toMatchObject({ code: 'runtime.busy' });
    await first;
    await expect(installer.start(request)).rejects.toMatchObject({ code: 'runtime.busy' });
    await end();
    await expect(installer.start(request)).resolves.toEqual({ variant: 'cu130' });
  });

  it('keeps the failure for who looks later, and can be started again', async () => {
    const { installer, end } = machine();
    await installer.start(request);
    await end(new StudioError('runtime.network'));
    expect(installer.state()).toMatchObject({ state: 'failed', error: { code: 'runtime.network' } });
    await installer.start(request);
    expect(installer.state()).toEqual({ state: 'installing', variant: 'cu130' });
  });

  it('passes on why nothing fits, and is free afterwards', async () => {
    let refusals = 0;
    const { installer } = machine(() => {
      refusals += 1;
      return refusals === 1
        ? Promise.reject(new StudioError('runtime.driver_too_old'))
        : Promise.resolve('cpu' as const);
    });
    await expect(installer.start(request)).rejects.toMatchObject({ code: 'runtime.driver_too_old' });
    expect(installer.state()).toEqual({ state: 'idle' });
    await expect(installer.start(request)).resolves.toEqual({ variant: 'cpu' });
  });
});
