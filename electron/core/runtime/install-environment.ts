import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { CommandResult, RunCommand } from '../run-command.ts';
import type { InstallProgress } from '../../shared/contract/methods/runtime.ts';
import { PipProgress } from './pip-progress.ts';
import type { FoundPython } from './python-locator.ts';
import { environmentPython, torchBuild, withoutTorch, type RuntimeLock } from './runtime-paths.ts';
import { findTorchSource, type TorchSource } from './torch-source.ts';

/** An environment with the downloads that make it: CUDA builds bring their libraries along. */
const CPU_GIGABYTES = 2;
const CUDA_GIGABYTES = 9;

export type InstallOptions = Readonly<{
  run: RunCommand;
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  base: FoundPython;
  lock: RuntimeLock;
  /** Lock of pip itself: the bundled pip of an older Python cannot report bytes. */
  pipLock: string;
  torchIndex: string;
  fetchText: (url: string) => Promise<string>;
  environmentDir: string;
  onProgress: (progress: InstallProgress) => void;
}>;

const pipFailure = (
  result: CommandResult,
  step: string,
  { environmentDir: folder, lock }: InstallOptions,
): StudioError => {
  const gigabytes = torchBuild(lock.variant) === 'cpu' ? CPU_GIGABYTES : CUDA_GIGABYTES;
  const detail = `${result.stdout.slice(-4000)}\n${result.stderrTail.slice(-8000)}`.trim();
  const text = `${result.stdout}\n${result.stderrTail}`;
  if (/No space left on device|Errno 28|not enough space|WinError 112/iu.test(text)) {
    return new StudioError('runtime.disk_full', { folder, gigabytes }, { detail });
  }
  if (/DO NOT MATCH THE HASHES|hash(es)? (are|is) required/iu.test(text)) {
    return new StudioError('runtime.hash_mismatch', {}, { detail });
  }
  if (
    /NewConnectionError|ConnectTimeout|ReadTimeout|Name or service not known|Temporary failure in name|getaddrinfo failed|Connection refused|ConnectionReset|Network is unreachable|ProxyError|SSLError|Max retries exceeded|from versions: none/iu.test(
      text,
    )
  ) {
    return new StudioError('runtime.network', {}, { detail });
  }
  return new StudioError(
    'runtime.install_failed',
    { step, exitCode: result.exitCode ?? result.startError ?? 'none' },
    { detail },
  );
};

export type InstalledEnvironment = Readonly<{
  torch: TorchSource;
  /** What a package asks for and the lock does not give, as pip words it; empty in a sound lock. */
  unmet: readonly string[];
}>;

/**
 * Makes a virtual environment in `environmentDir` and installs the lock into it, every file checked against its
 * hash. Nothing is built from source.
 */
export const installEnvironment = async (options: InstallOptions): Promise<InstalledEnvironment> => {
  const { environmentDir, lock, run, onProgress } = options;
  const note = (phase: InstallProgress['phase']): void =>
    onProgress({
      phase,
      package: undefined,
      packagesDone: 0,
      packagesTotal: lock.packages.length,
      fileBytes: 0,
      fileTotalBytes: 0,
      downloadedBytes: 0,
    });
  note('python');
  const venv = await run(
    options.base.executable,
    ['-I', '-X', 'utf8', '-m', 'venv', '--clear', environmentDir],
    { env: options.env },
  );
  if (venv.exitCode !== 0) throw pipFailure(venv, 'venv', options);
  const python = environmentPython(options.platform, environmentDir);
  const env = { ...options.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PYTHONUTF8: '1' };
  const pip = async (step: string, args: readonly string[], progress?: PipProgress): Promise<void> => {
    const result = await run(
      python,
      ['-m', 'pip', 'install', '--no-input', '--no-deps', '--require-hashes', '--only-binary=:all:', ...args],
      { env, ...(progress === undefined ? {} : { onLine: (line) => progress.line(line) }) },
    );
    if (result.exitCode !== 0) throw pipFailure(result, step, options);
  };
  note('pip');
  await pip('pip', ['-r', options.pipLock]);
  note('torch');
  const torch = await findTorchSource({ ...options, python, env });
  const raw = ['--progress-bar', 'raw'];
  const scratch = mkdtempSync(path.join(tmpdir(), 'legal-eagle-lock-'));
  try {
    const rest = path.join(scratch, 'without-torch.lock');
    const torchOnly = path.join(scratch, 'torch.lock');
    writeFileSync(rest, withoutTorch(readFileSync(lock.file, 'utf8')));
    writeFileSync(torchOnly, `${torch.requirement}\n`);
    const first = new PipProgress('torch', 1, onProgress);
    await pip('torch', [...raw, '-r', torchOnly], first);
    const others = lock.packages.length - 1;
    await pip('packages', [...raw, '-r', rest], new PipProgress('packages', others, onProgress, first.bytes));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const check = await run(python, ['-m', 'pip', 'check'], { env });
  const unmet = check.exitCode === 0 ? [] : check.stdout.split('\n').filter((line) => line.trim() !== '');
  return { torch, unmet };
};
