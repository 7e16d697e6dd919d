import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import { monotonicFactory } from 'ulid';

import type { InstallProgress } from '../shared/contract/methods/runtime.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import type { TrainingVariant, VariantChoice } from '../shared/domain/runtime-variant.ts';
import { createGpuProbe } from './gpu/gpu-probe.ts';
import { hostResources } from './platform/host-resources.ts';
import { processPlatform } from './platform/process-platform.ts';
import { resolveHome } from './home-pointer.ts';
import type { CorePorts, HostUi, Keyring } from './ports.ts';
import { rebuildDatabase, type RebuildReport } from './rebuild-database.ts';
import { runCommand } from './run-command.ts';
import { createEnvironmentStore } from './runtime/environment-store.ts';
import { createRuntimePort } from './runtime/create-runtime-port.ts';
import { fetchText } from './runtime/fetch-text.ts';
import { findPython, type FoundPython } from './runtime/python-locator.ts';
import { RUNTIME_VARIANTS, runtimeFolder, type RuntimeVariant } from './runtime/runtime-paths.ts';
import { variantForMachine } from './runtime/variant-for-machine.ts';
import { takeHandedTokens } from './secrets/handed-tokens.ts';
import { RuntimeService, type InstallRequest, type RuntimeStatus } from './runtime/runtime-service.ts';
import type { SelfTestReport } from './runtime/self-test.ts';

export type { InstallProgress, RuntimeStatus, RuntimeVariant };

type Env = Readonly<Record<string, string | undefined>>;
/** Tokens are taken out of it. */
type OwnEnv = Record<string, string | undefined>;

export type NodePortsOptions = Readonly<{
  env: OwnEnv;
  /** Data folder; without it LEGAL_EAGLE_HOME, and without that the user's application data. */
  home: string | undefined;
  /** What this process is, for the lock's owner line. */
  command: string;
  /** Whether a missing Python environment may be made. */
  mayInstall: boolean;
  onInstallProgress: (progress: InstallProgress) => void;
  /** Folder of python-runtime, resources and package.json; without it that of the sources. */
  root?: string | undefined;
  /** The shell in front, where there is one. */
  hostUi?: HostUi | undefined;
  /** The system's encryption, where a shell lends it. */
  keyring?: Keyring | undefined;
}>;

export type NodePorts = Readonly<{
  core: CorePorts;
  home: string;
  resourcesDir: string;
  /** The variant that jobs run on: LEGAL_EAGLE_VARIANT, else the one installed last, else cpu. */
  variant(): RuntimeVariant;
  runtime: Readonly<{
    /** What fits this machine and why. */
    choice(): Promise<VariantChoice>;
    /** Has jobs run on this variant from now on. */
    use(variant: TrainingVariant): void;
    status(variant: RuntimeVariant): RuntimeStatus;
    ensure(request: InstallRequest): Promise<RuntimeStatus>;
    selfTest(variant: RuntimeVariant): Promise<SelfTestReport>;
    findPython(): Promise<FoundPython>;
  }>;
  rebuildDatabase(): Promise<RebuildReport>;
}>;

/** The user's application data folder. */
export const defaultHome = (platform: NodeJS.Platform, env: Env, homeDir: string): string => {
  if (platform === 'win32') {
    const local = env['LOCALAPPDATA'] ?? path.win32.join(homeDir, 'AppData', 'Local');
    return path.win32.join(local, 'LegalEagleStudio', 'data');
  }
  const data = env['XDG_DATA_HOME'];
  return path.join(
    data !== undefined && data !== '' ? data : path.join(homeDir, '.local', 'share'),
    'legal-eagle-studio',
  );
};

const namedVariant = (env: Env): RuntimeVariant | undefined =>
  RUNTIME_VARIANTS.find((one) => one === env['LEGAL_EAGLE_VARIANT']);

/**
 * The core's ports on a real machine: this process, this clock, this environment. Called before anything is started,
 * for it takes the tokens out of the environment.
 */
export const createNodePorts = (options: NodePortsOptions): NodePorts => {
  const { env } = options;
  const handedTokens = takeHandedTokens(env, process.platform);
  const root = options.root ?? path.resolve(import.meta.dirname, '../..');
  const pythonRuntimeDir = path.join(root, 'python-runtime');
  const resourcesDir = path.join(root, 'resources');
  const runScript = path.join(pythonRuntimeDir, 'run.py');
  const { home, source: homeSource } = resolveHome({
    named: options.home,
    platform: process.platform,
    env,
    homeDir: homedir(),
    fallback: defaultHome(process.platform, env, homedir()),
  });
  const runtime = new RuntimeService({
    run: runCommand,
    platform: process.platform,
    env,
    homeDir: homedir(),
    pythonRuntimeDir,
    resourcesDir,
    nowMs: () => Date.now(),
    fetchText,
  });
  const machine = { platform: process.platform, architecture: process.arch };
  const gpu = createGpuProbe({ run: runCommand, platform: process.platform, env, nowMs: () => Date.now() });
  // Asked at each use: an installation changes it while the core runs.
  const variant = (): RuntimeVariant => namedVariant(env) ?? runtime.current() ?? 'cpu';
  const proxy = env['LEGAL_EAGLE_PROXY'];
  const pythonPath = async (mirror?: string): Promise<string> => {
    if (!options.mayInstall && !runtime.status(variant()).installed)
      throw new StudioError('runtime.not_installed');
    const status = await runtime.ensure({
      variant: variant(),
      mirror,
      proxy,
      onProgress: options.onInstallProgress,
    });
    return status.python;
  };
  const nextId = monotonicFactory();
  const packageText = readFileSync(path.join(root, 'package.json'), 'utf8');
  const core: CorePorts = {
    home,
    homeSource,
    command: options.command,
    version: (JSON.parse(packageText) as { version: string }).version,
    platform: processPlatform(() => ({
      command: runtime.status(variant()).python,
      args: ['-I', '-X', 'utf8', runScript],
    })),
    environment: env,
    runtime: createRuntimePort({ service: runtime, gpu, machine, variant, pythonPath, proxy }),
    environments: {
      ...createEnvironmentStore(
        () => runtimeFolder(process.platform, env, homedir()),
        () => Date.now(),
      ),
      current: () => path.basename(runtime.status(variant()).path),
    },
    gpu,
    host: hostResources,
    resourcesDir,
    runScript,
    clock: {
      nowMs: () => Date.now(),
      after: (delayMs, work) => {
        const timer = setTimeout(work, delayMs).unref();
        return { dispose: () => clearTimeout(timer) };
      },
    },
    ids: { next: () => nextId() },
    hostUi: options.hostUi ?? NO_SHELL,
    keyring: options.keyring ?? NO_KEYRING,
    handedTokens,
  };
  return {
    core,
    home,
    resourcesDir,
    variant,
    runtime: {
      status: (one) => runtime.status(one),
      ensure: (request) => runtime.ensure(request),
      choice: async () => variantForMachine(machine, await gpu.list()),
      use: (one) => runtime.use(one),
      selfTest: (one) => runtime.selfTest(one),
      findPython: () => findPython({ run: runCommand, platform: process.platform, env }),
    },
    rebuildDatabase: () => rebuildDatabase(core),
  };
};

const NO_WINDOW = { available: false, reason: 'needs the desktop app' } as const;

const noKeyring = (): Promise<never> =>
  Promise.reject(new StudioError('secrets.keyring_failed', { reason: 'no desktop app' }));

const NO_KEYRING: Keyring = {
  status: () => Promise.resolve({ available: false, reason: 'no_shell' }),
  seal: noKeyring,
  open: noKeyring,
};

/** A command line and a headless server: nothing that needs a window. */
const NO_SHELL: HostUi = {
  capabilities: {
    nativeDialogs: NO_WINDOW,
    revealInFolder: NO_WINDOW,
    upload: NO_WINDOW,
    terminal: { available: false, reason: 'terminal.not_allowed' },
    autoUpdate: NO_WINDOW,
  },
  call: () => Promise.reject(new StudioError('host.unavailable')),
};
