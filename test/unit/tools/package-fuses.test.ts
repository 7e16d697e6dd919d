import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fuseSettings, readFuses, setFuses } from '../../../electron/tools/package-fuses.ts';

/** What Electron's binaries carry before their fuses. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const RELEASE = fuseSettings({ platform: 'linux', inspectable: false });

describe('the fuses of a package', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'fuses-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A file with a fuse wire as Electron writes it: version 1, the count, a character a fuse. */
  const binary = (wire: string): string => {
    const file = path.join(folder, 'electron');
    writeFileSync(
      file,
      Buffer.concat([
        Buffer.alloc(5000, 0x55),
        Buffer.from(SENTINEL),
        Buffer.from([1, wire.length]),
        Buffer.from(wire),
        Buffer.alloc(5000, 0xaa),
      ]),
    );
    return file;
  };
  const wireOf = (file: string, count: number): string =>
    readFileSync(file)
      .subarray(5000 + SENTINEL.length + 2, 5000 + SENTINEL.length + 2 + count)
      .toString();

  it('stand as the security page says, in a binary that has them all', async () => {
    const file = binary('101100011');
    expect(await setFuses(file, RELEASE, 'all')).toEqual(RELEASE);
    expect(wireOf(file, 9)).toBe('010001001');
  });

  it('of an older binary: those that it has', async () => {
    const file = binary('1011000');
    expect(Object.keys(await setFuses(file, RELEASE, 'present'))).toHaveLength(7);
    expect(wireOf(file, 7)).toBe('0100010');
  });

  it('fail the build where the pinned Electron lacks one', async () => {
    await expect(setFuses(binary('1011000'), RELEASE, 'all')).rejects.toThrow('WasmTrapHandlers');
  });

  it('fail the build where a new Electron has one that nobody decided about', async () => {
    await expect(setFuses(binary('1011000111'), RELEASE, 'present')).rejects.toThrow(
      'strictlyRequireAllFuses',
    );
  });

  it('of the test build differ by the door for its driver alone', () => {
    for (const platform of ['linux', 'win32']) {
      const release = fuseSettings({ platform, inspectable: false });
      const test = fuseSettings({ platform, inspectable: true });
      expect(release.EnableNodeCliInspectArguments).toBe(false);
      expect(test).toEqual({ ...release, EnableNodeCliInspectArguments: true });
    }
  });

  it('cannot be read from a file that is no Electron', async () => {
    const file = path.join(folder, 'electron');
    writeFileSync(file, 'no fuses here');
    await expect(readFuses(file)).rejects.toThrow('sentinel');
  });
});
