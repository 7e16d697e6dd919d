import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { runCommand } from '../../../electron/core/run-command.ts';
import { fetchText } from '../../../electron/core/runtime/fetch-text.ts';
import type { InstallProgress } from '../../../electron/shared/contract/methods/runtime.ts';
import { RuntimeService } from '../../../electron/core/runtime/runtime-service.ts';
import { makeWheel, openWheelhouse, type Wheelhouse } from '../../helpers/wheelhouse.ts';

const python = process.env['LEGAL_EAGLE_TEST_PYTHON'] ?? 'python3';
const repositoryRoot = path.resolve(import.meta.dirname, '../../..');

/** Stands in for python-runtime/run.py: answers the self-test as the real job does, by importing what was installed. */
const FAKE_ENTRY = `
import json, pathlib, sys
import torch, tinylib
job = pathlib.Path(sys.argv[1])
assert json.loads((job / "job.json").read_text())["kind"] == "self-test"
data = {"python": sys.version.split()[0], "packages": {}, "torch": {"version": torch.__version__}}
(job / "events.ndjson").write_text(json.dumps({"type": "result", "data": data}) + "\\n")
`;

let base: string;
let pipFolder: string;
let dir: string;
let house: Wheelhouse;
let progress: InstallProgress[];

beforeAll(() => {
  base = mkdtempSync(path.join(tmpdir(), 'le-runtime-suite-'));
  pipFolder = path.join(base, 'pip');
  // The environment's first step is the locked pip; its wheel is fetched once through this machine's own configuration.
  execFileSync(python, ['-m', 'pip', 'download', '-q', '--no-deps', '-d', pipFolder, '-r', pipLock()], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

beforeEach(async () => {
  dir = mkdtempSync(path.join(base, 'case-'));
  progress = [];
  const folder = path.join(dir, 'wheels');
  mkdirSync(folder);
  execFileSync('cp', ['-r', `${pipFolder}/.`, folder]);
  house = await openWheelhouse(python, folder, { torch: '9.9.9', tinylib: '1.0' });
  const requirements = path.join(dir, 'python-runtime', 'requirements');
  mkdirSync(requirements, { recursive: true });
  writeFileSync(path.join(dir, 'python-runtime', 'run.py'), FAKE_ENTRY);
  writeFileSync(path.join(requirements, 'pip.lock'), readFileSync(pipLock()));
  writeLock(house.digest('torch'));
});
afterEach(async () => {
  await house.close();
  rmSync(dir, { recursive: true, force: true });
});

const pipLock = (): string => path.join(repositoryRoot, 'python-runtime', 'requirements', 'pip.lock');

const torchLines = (digest: string): string => `torch==9.9.9 \\\n    --hash=sha256:${digest}\n`;

const writeLock = (torchDigest: string): void => writeVariantLock('cpu', torchLines(torchDigest));

const writeVariantLock = (variant: string, torch: string): void => {
  const text = `tinylib==1.0 \\\n    --hash=sha256:${house.digest('tinylib')}\n${torch}`;
  writeFileSync(path.join(dir, 'python-runtime', 'requirements', `${variant}-linux.lock`), text);
};

const service = (torchIndex: string, index = house.index, extraEnv = {}): RuntimeService => {
  const resources = path.join(dir, 'resources');
  mkdirSync(resources, { recursive: true });
  writeFileSync(
    path.join(resources, 'mirrors.json'),
    JSON.stringify({ pythonPackages: [], torch: { cpu: torchIndex, cu126: torchIndex, cu130: torchIndex } }),
  );
  return new RuntimeService({
    run: runCommand,
    platform: 'linux',
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      LEGAL_EAGLE_PYTHON: python,
      LEGAL_EAGLE_RUNTIME: path.join(dir, 'runtime'),
      PIP_CONFIG_FILE: '/dev/null',
      PIP_INDEX_URL: index,
      PIP_NO_CACHE_DIR: '1',
      PIP_RETRIES: '0',
      ...extraEnv,
    },
    homeDir: homedir(),
    pythonRuntimeDir: path.join(dir, 'python-runtime'),
    resourcesDir: resources,
    nowMs: () => 1,
    fetchText,
  });
};

const install = (runtime: RuntimeService): ReturnType<RuntimeService['ensure']> =>
  runtime.ensure({ variant: 'cpu', onProgress: (one) => progress.push(one) });

describe('an environment', () => {
  it('is made from the lock, tested, and used again (a second start must not download)', async () => {
    const runtime = service('http://127.0.0.1:9/none');
    const made = await install(runtime);
    expect(made.installed).toBe(true);
    expect(made.torch?.kind).toBe('configured');
    expect(progress.some((one) => one.fileTotalBytes > 0 || one.packagesDone > 0)).toBe(true);
    expect(progress.at(-1)?.phase).toBe('self-test');
    const before = house.requests.length;
    expect(await install(runtime)).toEqual(made);
    expect(house.requests.length).toBe(before);
    const version = execFileSync(made.python, ['-I', '-c', 'import torch; print(torch.__version__)'], {
      encoding: 'utf8',
    });
    expect(version.trim()).toBe('9.9.9');
  });

  it('takes torch from its own index when pip offers another build (a CUDA build must not slip in)', async () => {
    writeLock('0'.repeat(64));
    const made = await install(service(house.index));
    expect(made.torch).toMatchObject({ kind: 'index', sha256: house.digest('torch') });
  });

  it('is refused when no index has an accepted torch', async () => {
    writeLock('0'.repeat(64));
    await expect(install(service('http://127.0.0.1:9/none'))).rejects.toMatchObject({
      code: 'runtime.torch_unavailable',
    });
  });

  it('is not left behind when a file differs from the lock (a changed package must never be installed)', async () => {
    house.corrupt.add('tinylib');
    const runtime = service('http://127.0.0.1:9/none');
    await expect(install(runtime)).rejects.toMatchObject({ code: 'runtime.hash_mismatch' });
    expect(runtime.status('cpu').installed).toBe(false);
    expect(existsSync(runtime.status('cpu').path)).toBe(false);
  });

  it('says that the network is missing when the index does not answer', async () => {
    await expect(
      install(service('http://127.0.0.1:9/none', 'http://127.0.0.1:9/simple')),
    ).rejects.toMatchObject({
      code: 'runtime.network',
    });
  });

  it('without its manifest is made anew (a killed installation must not be taken for a whole one)', async () => {
    const runtime = service('http://127.0.0.1:9/none');
    const made = await install(runtime);
    rmSync(path.join(made.path, 'legal-eagle-runtime.json'));
    expect(runtime.status('cpu').installed).toBe(false);
    expect((await install(runtime)).installed).toBe(true);
  });

  it('is made once by two callers at the same time, and a dead owner is no obstacle', async () => {
    const runtime = service('http://127.0.0.1:9/none');
    const lockDir = `${runtime.status('cpu').path}.lock`;
    mkdirSync(lockDir, { recursive: true });
    // The kernel's largest pid is below this number: nobody can own it.
    writeFileSync(path.join(lockDir, 'pid'), '4999999');
    const [one, two] = await Promise.all([install(runtime), install(runtime)]);
    expect(one).toEqual(two);
    expect(house.requests.filter((url) => url.startsWith('/files/tinylib')).length).toBe(1);
    expect(existsSync(lockDir)).toBe(false);
  });
});

describe('a CUDA environment', () => {
  it('takes a build that the lock has no digest of from its index, records the digest and what is unmet', async () => {
    const folder = path.join(dir, 'wheels');
    rmSync(path.join(folder, 'torch-9.9.9-py3-none-any.whl'));
    makeWheel(python, folder, 'torch', '9.9.9+cu126', ['tinylib==2.0']);
    writeVariantLock('cu126', 'torch==9.9.9+cu126\n');
    const runtime = service(house.index);
    const made = await runtime.ensure({ variant: 'cu126' });
    expect(made.torch).toEqual({ kind: 'index', sha256: house.digest('torch'), index: house.index });
    expect(made.unmet).toEqual([expect.stringContaining('tinylib==2.0')]);
    const manifest = readFileSync(path.join(made.path, 'legal-eagle-runtime.json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ torch: { sha256: house.digest('torch') } });
    expect(runtime.status('cu126').installed).toBe(true);
    expect(runtime.current()).toBeUndefined();
    runtime.use('cu126');
    expect(runtime.current()).toBe('cu126');
  });

  it('does not take another build of the same version from the index (the lock names cu126)', async () => {
    writeVariantLock('cu126', 'torch==9.9.9+cu126\n');
    await expect(service(house.index).ensure({ variant: 'cu126' })).rejects.toMatchObject({
      code: 'runtime.torch_unavailable',
    });
  });

  it('refuses a file that differs from the digest of the index', async () => {
    rmSync(path.join(dir, 'wheels', 'torch-9.9.9-py3-none-any.whl'));
    makeWheel(python, path.join(dir, 'wheels'), 'torch', '9.9.9+cu126');
    writeVariantLock('cu126', 'torch==9.9.9+cu126\n');
    house.corrupt.add('torch');
    const runtime = service(house.index);
    await expect(runtime.ensure({ variant: 'cu126' })).rejects.toMatchObject({
      code: 'runtime.hash_mismatch',
    });
    expect(runtime.status('cu126').installed).toBe(false);
  });

  it('is not made of a CPU wheel that lies in a folder pip is configured with', async () => {
    const links = path.join(dir, 'links');
    makeWheel(python, links, 'torch', '9.9.9+cpu');
    writeVariantLock('cu130', torchLines(house.digest('torch')));
    const runtime = service('http://127.0.0.1:9/none', house.index, { PIP_FIND_LINKS: links });
    const made = await runtime.ensure({ variant: 'cu130' });
    expect(made.torch).toMatchObject({ kind: 'configured', sha256: house.digest('torch') });
    const version = execFileSync(made.python, ['-I', '-c', 'import torch; print(torch.__version__)'], {
      encoding: 'utf8',
    });
    expect(version.trim()).toBe('9.9.9');
  });
});
