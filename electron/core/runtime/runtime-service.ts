import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { TRAINING_VARIANTS, type TrainingVariant } from '../../shared/domain/runtime-variant.ts';
import type { RunCommand } from '../run-command.ts';
import { withEnvironmentLock } from './environment-lock.ts';
import { installEnvironment } from './install-environment.ts';
import type { InstallProgress, Mirror } from '../../shared/contract/methods/runtime.ts';
import { findPython } from './python-locator.ts';
import {
  environmentPython,
  readLock,
  runtimeFolder,
  torchBuild,
  type RuntimeVariant,
} from './runtime-paths.ts';
import { runSelfTest, type SelfTestReport } from './self-test.ts';

const MANIFEST_NAME = 'legal-eagle-runtime.json';

/** Names the variant that jobs run on; beside the environments, for it is shared like they are. */
const CURRENT_NAME = 'current.json';

const currentSchema = z.object({ version: z.literal(1), variant: z.enum(TRAINING_VARIANTS) });

const manifestSchema = z.object({
  version: z.literal(1),
  variant: z.string(),
  lockSha256: z.string(),
  python: z.string(),
  torch: z.object({
    kind: z.enum(['configured', 'index']),
    sha256: z.string(),
    index: z.string().optional(),
  }),
  unmet: z.array(z.string()).default([]),
  createdAtMs: z.int(),
});

const mirrorsSchema = z.object({
  pythonPackages: z.array(z.object({ id: z.string(), name: z.string(), index: z.url() })),
  torch: z.object({ cpu: z.url(), cu126: z.url(), cu130: z.url() }),
});

export type RuntimeServiceOptions = Readonly<{
  run: RunCommand;
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  homeDir: string;
  /** `python-runtime/` of this installation. */
  pythonRuntimeDir: string;
  resourcesDir: string;
  nowMs: () => number;
  fetchText: (url: string) => Promise<string>;
}>;

export type RuntimeStatus = Readonly<{
  variant: RuntimeVariant;
  installed: boolean;
  path: string;
  python: string;
  pythonVersion: string | undefined;
  lockSha256: string;
  /** `index`: the digest was taken from PyTorch's own index over TLS, not from the lock. */
  torch: Readonly<{ kind: 'configured' | 'index'; sha256: string; index?: string | undefined }> | undefined;
  /** What a package asks for and the lock does not give, as pip words it. */
  unmet: readonly string[];
  createdAtMs: number | undefined;
}>;

export type InstallRequest = Readonly<{
  variant: RuntimeVariant;
  /** A mirror's id in `resources/mirrors.json`, or an https address. */
  mirror?: string | undefined;
  /** Proxy address; handed on by environment, because it may hold a password. */
  proxy?: string | undefined;
  repair?: boolean;
  onProgress?: (progress: InstallProgress) => void;
  /** Gives the installation up: what was half made is removed, and `runtime.cancelled` is thrown. */
  signal?: AbortSignal;
}>;

/**
 * Makes, checks and names Python environments: one per lock, shared by all data folders. An environment counts
 * only when its manifest, written last, names the lock it was made from.
 */
export class RuntimeService {
  readonly #options: RuntimeServiceOptions;

  constructor(options: RuntimeServiceOptions) {
    this.#options = options;
  }

  status(variant: RuntimeVariant): RuntimeStatus {
    const { platform, pythonRuntimeDir } = this.#options;
    const lock = readLock(pythonRuntimeDir, variant, platform);
    const dir = this.#environmentDir(variant, lock.sha256);
    const manifest = readManifest(dir);
    const python = environmentPython(platform, dir);
    return {
      variant,
      installed: manifest?.lockSha256 === lock.sha256 && existsSync(python),
      path: dir,
      python,
      pythonVersion: manifest?.python,
      lockSha256: lock.sha256,
      torch: manifest?.torch,
      unmet: manifest?.unmet ?? [],
      createdAtMs: manifest?.createdAtMs,
    };
  }

  /** The environment's interpreter, made first where it is missing. */
  async ensure(request: InstallRequest): Promise<RuntimeStatus> {
    const before = this.status(request.variant);
    if (before.installed && request.repair !== true) return before;
    const work = async (): Promise<RuntimeStatus> => {
      const now = this.status(request.variant);
      return now.installed && request.repair !== true ? now : this.#install(request);
    };
    return withEnvironmentLock(before.path, work, request.signal);
  }

  /** The variant that jobs run on, where a person has installed one. */
  current(): TrainingVariant | undefined {
    try {
      return currentSchema.parse(JSON.parse(readFileSync(this.#currentFile(), 'utf8'))).variant;
    } catch {
      return undefined;
    }
  }

  /** Has jobs run on this variant from now on. */
  use(variant: TrainingVariant): void {
    const file = this.#currentFile();
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.partial`, `${JSON.stringify({ version: 1, variant })}\n`);
    renameSync(`${file}.partial`, file);
  }

  mirrors(): readonly Mirror[] {
    return this.#mirrors().pythonPackages;
  }

  /** Throws `runtime.unknown_mirror` for what is neither a known mirror nor an https address. */
  checkMirror(mirror: string): void {
    this.#mirrorIndex(mirror);
  }

  /** Runs the self-test job in an installed environment. */
  selfTest(variant: RuntimeVariant): Promise<SelfTestReport> {
    const status = this.status(variant);
    if (!status.installed) throw new StudioError('runtime.not_installed');
    return this.#selfTest(status.python, this.#options.run);
  }

  async #install(request: InstallRequest): Promise<RuntimeStatus> {
    const { platform, pythonRuntimeDir } = this.#options;
    const { signal } = request;
    const run: RunCommand = (command, args, options) =>
      this.#options.run(command, args, { ...options, ...(signal === undefined ? {} : { signal }) });
    const env = this.#installEnv(request);
    const base = await findPython({ run, platform, env });
    const lock = readLock(pythonRuntimeDir, request.variant, platform);
    const dir = this.#environmentDir(request.variant, lock.sha256);
    mkdirSync(path.dirname(dir), { recursive: true });
    const report = request.onProgress ?? ((): void => undefined);
    try {
      const { torch, unmet } = await installEnvironment({
        run,
        platform,
        env,
        base,
        lock,
        pipLock: path.join(pythonRuntimeDir, 'requirements', 'pip.lock'),
        torchIndex: this.#mirrors().torch[torchBuild(request.variant)],
        fetchText: this.#options.fetchText,
        environmentDir: dir,
        onProgress: report,
      });
      report({
        phase: 'self-test',
        package: undefined,
        packagesDone: lock.packages.length,
        packagesTotal: lock.packages.length,
        fileBytes: 0,
        fileTotalBytes: 0,
        downloadedBytes: 0,
      });
      await this.#selfTest(environmentPython(platform, dir), run);
      signal?.throwIfAborted();
      writeManifest(dir, {
        version: 1,
        variant: request.variant,
        lockSha256: lock.sha256,
        python: base.version,
        torch: {
          kind: torch.kind,
          sha256: torch.sha256,
          ...(torch.kind === 'index' ? { index: torch.index } : {}),
        },
        unmet: [...unmet],
        createdAtMs: this.#options.nowMs(),
      });
    } catch (error) {
      // A killed program's own children may write for a moment longer.
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
      if (signal?.aborted === true) throw new StudioError('runtime.cancelled');
      throw error;
    }
    return this.status(request.variant);
  }

  #selfTest(python: string, run: RunCommand): Promise<SelfTestReport> {
    return runSelfTest({
      run,
      python,
      entry: path.join(this.#options.pythonRuntimeDir, 'run.py'),
      env: this.#options.env,
      nowMs: this.#options.nowMs(),
    });
  }

  #installEnv(request: InstallRequest): Readonly<Record<string, string | undefined>> {
    const index = request.mirror === undefined ? undefined : this.#mirrorIndex(request.mirror);
    return {
      ...this.#options.env,
      ...(index === undefined ? {} : { PIP_INDEX_URL: index }),
      ...(request.proxy === undefined ? {} : { PIP_PROXY: request.proxy }),
    };
  }

  #mirrorIndex(mirror: string): string {
    if (isHttpsAddress(mirror)) return mirror;
    const known = this.#mirrors().pythonPackages;
    const found = known.find((one) => one.id === mirror);
    if (found === undefined) {
      throw new StudioError('runtime.unknown_mirror', { mirror, known: known.map((one) => one.id) });
    }
    return found.index;
  }

  #mirrors(): z.output<typeof mirrorsSchema> {
    const file = path.join(this.#options.resourcesDir, 'mirrors.json');
    return mirrorsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  }

  #currentFile(): string {
    return path.join(this.#folder(), CURRENT_NAME);
  }

  #folder(): string {
    const { platform, env, homeDir } = this.#options;
    return runtimeFolder(platform, env, homeDir);
  }

  #environmentDir(variant: RuntimeVariant, lockSha256: string): string {
    return path.join(this.#folder(), `${variant}-${lockSha256.slice(0, 12)}`);
  }
}

/** Packages over anything else could be changed on their way; a name or a password does not belong into an address. */
const isHttpsAddress = (mirror: string): boolean => {
  if (!URL.canParse(mirror)) return false;
  const { protocol, username, password } = new URL(mirror);
  return protocol === 'https:' && username === '' && password === '';
};

const readManifest = (dir: string): z.output<typeof manifestSchema> | undefined => {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(path.join(dir, MANIFEST_NAME), 'utf8')));
  } catch {
    return undefined;
  }
};

const writeManifest = (dir: string, manifest: z.output<typeof manifestSchema>): void => {
  const file = path.join(dir, MANIFEST_NAME);
  writeFileSync(`${file}.partial`, `${JSON.stringify(manifest, null, 2)}\n`);
  renameSync(`${file}.partial`, file);
};
