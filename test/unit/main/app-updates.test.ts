import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AppUpdates, type AppUpdatesOptions } from '../../../electron/main/app-updates.ts';

/** The order in which things happened is what these tests are about. */
describe('updating the app', () => {
  let folder = '';
  let happened: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'updates-'));
    happened = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const note = (what: string): void => void happened.push(what);

  /** One life of the app; `offered` is what the feed has. */
  const life = (
    offered: string | undefined,
    changes: Partial<AppUpdatesOptions> = {},
    installs = true,
  ): AppUpdates =>
    new AppUpdates({
      loadUpdater: () =>
        Promise.resolve({
          fetch: () => {
            note('fetch');
            return Promise.resolve(offered);
          },
          install: () => {
            note('install');
            return installs;
          },
        }),
      noteFile: path.join(folder, 'update.json'),
      isPackaged: true,
      hasFeed: true,
      current: '0.1.0',
      facts: () => Promise.resolve({ airGap: false, liveRuns: 0 }),
      ask: (version) => {
        note(`ask ${version}`);
        return Promise.resolve(true);
      },
      endCore: () => {
        note('end core');
        return Promise.resolve();
      },
      relaunch: () => note('relaunch'),
      log: (message) => note(`log: ${message}`),
      ...changes,
    });

  it('downloads in one life and installs in the next, after the core has ended', async () => {
    await life('0.2.0').step('launch');
    expect(happened).toEqual(['fetch']);
    await life('0.2.0').step('launch');
    expect(happened).toEqual([
      'fetch',
      'fetch',
      'ask 0.2.0',
      'end core',
      'log: the update is installed',
      'install',
    ]);
  });

  it('does not touch the network in air-gapped mode, also not for a version that waits', async () => {
    await life('0.2.0').step('later');
    happened = [];
    await life('0.2.0', { facts: () => Promise.resolve({ airGap: true, liveRuns: 0 }) }).step('launch');
    expect(happened).toEqual([]);
  });

  it('waits when a run began while the question stood', async () => {
    await life('0.2.0').step('later');
    happened = [];
    let runs = 0;
    await life('0.2.0', {
      facts: () => Promise.resolve({ airGap: false, liveRuns: runs }),
      ask: () => {
        runs = 1;
        return Promise.resolve(true);
      },
    }).step('launch');
    expect(happened).toEqual(['fetch', 'log: the update waits']);
  });

  it('leaves it for the next start when the person says later', async () => {
    await life('0.2.0').step('later');
    await life('0.2.0', { ask: () => Promise.resolve(false) }).step('launch');
    expect(happened).not.toContain('install');
    await life('0.2.0').step('launch');
    expect(happened).toContain('install');
  });

  it('forgets a version that the feed has taken back', async () => {
    await life('0.2.0').step('later');
    await life(undefined).step('launch');
    await life('0.3.0').step('launch');
    expect(happened).toEqual(['fetch', 'fetch', 'fetch']);
  });

  it('starts the app anew where the installer did not start: its core has ended', async () => {
    await life('0.2.0').step('later');
    await life('0.2.0', {}, false).step('launch');
    expect(happened.at(-1)).toBe('relaunch');
  });

  it('survives a feed that cannot be reached', async () => {
    await life('0.2.0', { loadUpdater: () => Promise.reject(new Error('no route')) }).step('launch');
    expect(happened).toEqual(['log: no update']);
  });

  it('looks once a life at the start, however often the core starts again', async () => {
    const updates = life(undefined);
    await updates.start();
    await updates.start();
    updates.stop();
    expect(happened).toEqual(['fetch']);
  });
});
