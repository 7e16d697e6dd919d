import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { TRAINING_VARIANTS, type TrainingVariant } from '../../shared/domain/runtime-variant.ts';

/** Besides what a person can choose: what the repository's own tests and gates run in. */
export type RuntimeVariant = TrainingVariant | 'dev';
export const RUNTIME_VARIANTS: readonly RuntimeVariant[] = [...TRAINING_VARIANTS, 'dev'];

/** The part of a torch version after the plus sign, and the name of PyTorch's index that carries it. */
export const torchBuild = (variant: RuntimeVariant): TrainingVariant => (variant === 'dev' ? 'cpu' : variant);

export type RuntimeLock = Readonly<{
  variant: RuntimeVariant;
  /** The lock as pip reads it. */
  file: string;
  sha256: string;
  /** Pinned packages, in the lock's order. */
  packages: readonly string[];
  /** Accepted SHA-256 digests of torch; none where only PyTorch's own index carries the build. */
  torchDigests: readonly string[];
  /** `2.13.0`, or with its build `2.13.0+cu126`. */
  torchVersion: string;
}>;

type Env = Readonly<Record<string, string | undefined>>;

/** The user's cache folder for environments; `LEGAL_EAGLE_RUNTIME` overrides it. */
export const runtimeFolder = (platform: NodeJS.Platform, env: Env, homeDir: string): string => {
  const chosen = env['LEGAL_EAGLE_RUNTIME'];
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen);
  if (platform === 'win32') {
    const local = env['LOCALAPPDATA'] ?? path.win32.join(homeDir, 'AppData', 'Local');
    return path.win32.join(local, 'LegalEagleStudio', 'runtime');
  }
  const cache = env['XDG_CACHE_HOME'];
  return path.join(
    cache !== undefined && cache !== '' ? cache : path.join(homeDir, '.cache'),
    'legal-eagle-studio',
    'runtime',
  );
};

/** The interpreter inside an environment. */
export const environmentPython = (platform: NodeJS.Platform, environmentDir: string): string =>
  platform === 'win32'
    ? path.win32.join(environmentDir, 'Scripts', 'python.exe')
    : path.join(environmentDir, 'bin', 'python');

/** torch's lines in a lock: its version, and the digests where some are known. */
const TORCH_LINES = /^torch==(\S+)(?: \\\n((?:\s+--hash=\S+(?: \\)?\n?)+)|\n)/mu;

/** A lock without torch, for when torch comes from elsewhere than pip's configuration. */
export const withoutTorch = (lockText: string): string => lockText.replace(TORCH_LINES, '');

const SYSTEMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: 'linux', win32: 'windows' };

/** Reads the lock of a variant for a system. Throws `runtime.system_unsupported` where none is written. */
export const readLock = (
  pythonRuntimeDir: string,
  variant: RuntimeVariant,
  platform: NodeJS.Platform,
): RuntimeLock => {
  const system = SYSTEMS[platform];
  if (system === undefined) throw new StudioError('runtime.system_unsupported', { system: platform });
  const file = path.join(pythonRuntimeDir, 'requirements', `${variant}-${system}.lock`);
  const text = readFileSync(file, 'utf8');
  const torch = TORCH_LINES.exec(text);
  return {
    variant,
    file,
    sha256: createHash('sha256').update(text).digest('hex'),
    packages: [...text.matchAll(/^([a-z0-9][a-z0-9._-]*)==/gmu)].map((match) => match[1] ?? ''),
    torchVersion: torch?.[1] ?? '',
    torchDigests: [...(torch?.[2] ?? '').matchAll(/sha256:([0-9a-f]{64})/gu)].map((match) => match[1] ?? ''),
  };
};
