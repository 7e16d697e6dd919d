import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { RunCommand } from './command.ts';
import { withEnvironmentLock } from './environment-lock.ts';
import { installEnvironment } from './install-environment.ts';
import type { InstallProgress } from './pip-progress.ts';
import { findPython } from './python-locator.ts';
import { environmentPython, readLock, runtimeFolder, type RuntimeVariant } from './runtime-paths.ts';
import { runSelfTest, type SelfTestReport } from './self-test.ts';

const MANIFEST_NAME = 'legal-eagle-runtime.json';

const manifestSchema = z.object({
  version: z.literal(1),
  variant: z.string(),
  lockSha256: z.string(),
  python: z.string(),
  torch: z.object({ kind: z.string(), sha256: z.string(), index: z.string().optional() }),
  createdAtMs: z.int(),
});

const mirrorsSchema = z.object({
  pythonPackages: z.array(z.object({ id: z.string(), name: z.string(), index: z.url() })),
  torch: z.object({ cpu: z.url() }),
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
  torch: Readonly<{ kind: string; sha256: string }> | undefined;
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
      createdAtMs: manifest?.createdAtMs,
    };
  }

  /** The environment's interpreter, made first where it is missing. */
  async ensure(request: InstallRequest): Promise<RuntimeStatus> {
    const before = this.status(request.variant);
    if (before.installed && request.repair !== true) return before;
    return withEnvironmentLock(before.path, async () => {
      const now = this.status(request.variant);
      return now.installed && request.repair !== true ? now : this.#install(request);
    });
  }

  /** Runs the self-test job in an installed environment. */
  selfTest(variant: RuntimeVariant): Promise<SelfTestReport> {
    const status = this.status(variant);
    if (!status.installed) throw new StudioError('runtime.not_installed');
    return this.#selfTest(status.python);
  }

  async #install(request: InstallRequest): Promise<RuntimeStatus> {
    const { run, platform, pythonRuntimeDir } = this.#options;
    const env = this.#installEnv(request);
    const base = await findPython({ run, platform, env });
    const lock = readLock(pythonRuntimeDir, request.variant, platform);
    const dir = this.#environmentDir(request.variant, lock.sha256);
    mkdirSync(path.dirname(dir), { recursive: true });
    const report = request.onProgress ?? ((): void => undefined);
    try {
      const torch = await installEnvironment({
        run,
        platform,
        env,
        base,
        lock,
        pipLock: path.join(pythonRuntimeDir, 'requirements', 'pip.lock'),
        torchIndex: this.#mirrors().torch.cpu,
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
      await this.#selfTest(environmentPython(platform, dir));
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
        createdAtMs: this.#options.nowMs(),
      });
    } catch (error) {
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
    return this.status(request.variant);
  }

  #selfTest(python: string): Promise<SelfTestReport> {
    return runSelfTest({
      run: this.#options.run,
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
    if (mirror.startsWith('https://')) return mirror;
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

  #environmentDir(variant: RuntimeVariant, lockSha256: string): string {
    const { platform, env, homeDir } = this.#options;
    return path.join(runtimeFolder(platform, env, homeDir), `${variant}-${lockSha256.slice(0, 12)}`);
  }
}

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
