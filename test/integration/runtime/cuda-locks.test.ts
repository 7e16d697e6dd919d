import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readLock, withoutTorch } from '../../../electron/core/runtime/runtime-paths.ts';
import { repositoryRoot, studioCli } from '../../helpers/studio-cli.ts';

const RUNTIME = path.join(repositoryRoot, 'python-runtime');
const isLong = process.env['LEGAL_EAGLE_TEST_DEPTH'] === 'long';

const CUDA_LOCKS = [
  { variant: 'cu126', platform: 'linux', torch: '2.13.0+cu126', digests: false },
  { variant: 'cu126', platform: 'win32', torch: '2.13.0+cu126', digests: false },
  { variant: 'cu130', platform: 'linux', torch: '2.13.0', digests: true },
  { variant: 'cu130', platform: 'win32', torch: '2.13.0+cu130', digests: false },
] as const;

describe.each(CUDA_LOCKS)('the lock $variant for $platform', ({ variant, platform, torch, digests }) => {
  const lock = readLock(RUNTIME, variant, platform);
  const text = readFileSync(lock.file, 'utf8');

  it('pins torch, with digests where they can be known', () => {
    expect(lock.torchVersion).toBe(torch);
    expect(lock.torchDigests.length > 0).toBe(digests);
    expect(lock.packages).toContain('torch');
  });

  it('leaves a lock that pip takes with --require-hashes when torch is out of it', () => {
    const rest = withoutTorch(text);
    expect(rest).not.toMatch(/^torch==/mu);
    const pins = rest.match(/^[a-z].*$/gmu) ?? [];
    expect(pins.length).toBe(lock.packages.length - 1);
    for (const pin of pins) expect(pin).toMatch(/^[a-z0-9][a-z0-9._-]*==[^ ]+ \\$/u);
    expect(rest).not.toMatch(/:\/\//u);
  });

  it('holds the libraries of its own CUDA only (two of them overwrite each other’s files)', () => {
    const ofCuda13 = lock.packages.filter((name) => name.endsWith('-cu13'));
    const ofCuda12 = lock.packages.filter((name) => name.endsWith('-cu12'));
    const onLinux = platform === 'linux';
    expect(ofCuda13.length > 0).toBe(onLinux && variant === 'cu130');
    expect(ofCuda12.length > 0).toBe(onLinux && variant === 'cu126');
  });
});

if (isLong && process.platform === 'linux') {
  describe('runtime install --variant cu130', () => {
    let dir: string;
    beforeAll(() => {
      dir = mkdtempSync(path.join(tmpdir(), 'le-cu130-'));
    });
    afterAll(() => rmSync(dir, { recursive: true, force: true }));

    it('downloads and verifies its whole lock; no card is needed', { timeout: 3_600_000 }, async () => {
      const result = await studioCli(['runtime', 'install', '--variant', 'cu130', '--json'], {
        home: path.join(dir, 'home'),
        env: { LEGAL_EAGLE_RUNTIME: path.join(dir, 'runtime'), PIP_NO_CACHE_DIR: '1' },
      });
      expect(result.stderr + result.stdout).not.toContain('"error"');
      expect(result.exitCode).toBe(0);
      expect(result.value).toMatchObject({ variant: 'cu130', installed: true, unmet: [] });
      // A CPU build under the same version would pass every check above.
      const { python } = result.value as { python: string };
      const script = 'import torch; print(torch.version.cuda)';
      const { stdout } = await promisify(execFile)(python, ['-I', '-c', script]);
      expect(stdout.trim()).toBe('13.0');
    });
  });
}
