import type { ChildProcess } from 'node:child_process';

import type { CallerFor } from '../shared/contract/define.ts';
import type { Disposable } from '../shared/contract/disposable.ts';
import type { HostContract } from '../shared/contract/host-contract.ts';
import type { KeyringStatus } from '../shared/contract/methods/accounts.ts';
import type { Capabilities } from '../shared/contract/methods/app.ts';
import type { GpuProcess, GpuReport } from '../shared/contract/methods/gpu.ts';
import type {
  InstallInput,
  InstallProgress,
  Mirror,
  RuntimeOverview,
} from '../shared/contract/methods/runtime.ts';
import type { ErrorBody } from '../shared/contract/studio-error.ts';
import type { Hub } from '../shared/domain/hub-endpoints.ts';
import type { TrainingVariant } from '../shared/domain/runtime-variant.ts';

// Process ports (core/jobs, core/db/core-lock)

/** Names one process for ever: a pid alone is used again. */
export type ProcessIdentity = Readonly<{ pid: number; osStartTime: string; bootId: string }>;

export type SpawnRequest = Readonly<{
  command: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** A detached process survives this one and has no standard input. */
  detached: boolean;
  /** Descriptor of the log; standard error always goes there. */
  logDescriptor: number;
  /** `pipe` gives the caller standard output; otherwise it goes to the log. */
  stdout: 'log' | 'pipe';
}>;

/** Everything that differs between operating systems about processes. Implementations: core/platform. */
export type ProcessPlatform = Readonly<{
  name: 'linux' | 'win32';
  /** A text that changes with every boot; the same that `legal_eagle/jobs/process_identity.py` computes. */
  bootId(): Promise<string>;
  /** Start of a living process in the unit of the OS, undefined where there is none (a zombie is none). */
  startTime(pid: number): Promise<string | undefined>;
  /** Whether a process with this pid exists; cheap, and no proof of who it is. */
  exists(pid: number): boolean;
  /** Creates the process as leader of a group of its own. */
  spawn(request: SpawnRequest): ChildProcess;
  /** Second rung of the stop ladder: SIGTERM to the group, or CTRL_BREAK. Resolves when it is sent. */
  terminate(process: ProcessIdentity): Promise<void>;
  /**
   * Ends a process and everything it started. `marker` (`NAME=value` of the environment) finds what has
   * left the group or has lost its parent. Does nothing to a process whose identity does not match.
   */
  killTree(process: ProcessIdentity, marker: string): Promise<void>;
  /** Renames `source` over `target` in one step, however long a scanner holds the target. */
  replaceFile(source: string, target: string): Promise<void>;
  /** Names (upper case) and prefixes of environment variables that a runner may inherit. */
  inheritedEnvironment: Readonly<{ names: readonly string[]; prefixes: readonly string[] }>;
}>;

// Ports of the whole core

export type Clock = Readonly<{
  nowMs(): number;
  /** Runs `work` once, after `delayMs`; does not keep the process alive. */
  after(delayMs: number, work: () => void): Disposable;
}>;

/** Ids that sort by the time they were made (ULID). */
export type IdGen = Readonly<{ next(): string }>;

/** One environment of this machine, and the data folders whose jobs have run on it. */
export type EnvironmentPlace = Readonly<{
  name: string;
  path: string;
  users: readonly Readonly<{ home: string; lastUsedAtMs: number }>[];
}>;

/** The folders of the Python environments, which all data folders of a user share. */
export type EnvironmentPlaces = Readonly<{
  /** Name of the one that jobs run on now; undefined where they run on another interpreter. */
  current(): string | undefined;
  /** Every environment that stands, whole or not. */
  list(): readonly EnvironmentPlace[];
  /** Notes that the jobs of a data folder run on one. */
  noteUse(name: string, home: string): void;
  /** Deletes one; the caller knows that nothing runs on it. Throws `storage.changed`, `storage.cannot_move`. */
  remove(name: string): Promise<void>;
  /** Ends deletions that an earlier core had begun. */
  sweep(): Promise<void>;
}>;

/** The Python environments of this machine. */
export type RuntimePort = Readonly<{
  /**
   * The interpreter that jobs run on; where it may be made, its packages come from `mirror`. Throws `runtime.*` where
   * no verified environment stands.
   */
  pythonPath(mirror?: string): Promise<string>;
  /** The interpreter that jobs would run on, if its environment stands; makes nothing and asks nobody. */
  standingPython(): string | undefined;
  /** What stands, and what fits this machine. */
  overview(): Promise<RuntimeOverview>;
  /** The variant that a request comes to. Throws the refusal where none fits. */
  resolve(variant: InstallInput['variant']): Promise<TrainingVariant>;
  /** The mirrors that packages can come from. */
  mirrors(): readonly Mirror[];
  /** Throws `runtime.unknown_mirror` for what is neither one of them nor an https address. */
  checkMirror(mirror: string): void;
  /** Makes an environment and has jobs run on it from then on. Throws `runtime.*`; `runtime.cancelled` by the signal. */
  install(
    request: Readonly<{ variant: TrainingVariant; mirror?: string | undefined; repair: boolean }>,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<void>;
}>;

/** The NVIDIA cards of this machine. Never rejects: a driver that fails is a report that says so. */
export type GpuProbe = Readonly<{
  list(): Promise<GpuReport>;
  /** Who holds memory of the cards; undefined where the driver does not say. Never rejects. */
  processes(): Promise<readonly GpuProcess[] | undefined>;
}>;

/** Memory and disks of this machine, in bytes. */
export type HostResources = Readonly<{
  /** All that this process may use, and what of it is free now. */
  memory(): Readonly<{ totalBytes: number; availableBytes: number }>;
  processorName(): string;
  /** Of the disk that a folder is on; the folder need not exist yet. */
  freeDiskBytes(folder: string): number;
}>;

/** What the face in front of the core can do; a capability that is off says why. */
export type HostUi = Readonly<{
  capabilities: Capabilities;
  /** Throws `host.unavailable` where there is no shell. */
  call: CallerFor<HostContract>;
}>;

/** The system's encryption, which a desktop shell lends. Throws `secrets.keyring_failed`. */
export type Keyring = Readonly<{
  status(): Promise<KeyringStatus>;
  /** Base64 that only this person's session on this machine opens again. */
  seal(secret: string): Promise<string>;
  /** `resealed`: the system has a newer key, and this takes the old text's place. */
  open(sealed: string): Promise<Readonly<{ secret: string; resealed?: string | undefined }>>;
}>;

/** A token that this process was given at its start; one that was refused says why. */
export type HandedToken = Readonly<{
  hub: Hub;
  origin: string;
  source: 'file' | 'environment';
  /** The variable that named or held it. */
  variable: string;
}> &
  (Readonly<{ token: string; problem?: undefined }> | Readonly<{ token?: undefined; problem: ErrorBody }>);

/** Secrets by the id of their account, wherever they lie (core/secrets). Everything may throw `secrets.*`. */
export type Secrets = Readonly<{
  put(id: string, secret: string): Promise<void>;
  get(id: string): Promise<string | undefined>;
  remove(id: string): Promise<void>;
  /** Ids of what is kept; undefined while a vault is locked. */
  list(): Promise<readonly string[] | undefined>;
}>;

/** An account's token and the one origin that it is wanted for. */
export type TokenWish = Readonly<{ account: string; origin: string }>;

/** Hands out tokens to jobs, and to nobody else (core/accounts). */
export type TokenSource = Readonly<{
  /** Throws `core.not_found`, `accounts.*`, `secrets.*`; never gives a token for another origin than its own. */
  token(wish: TokenWish): Promise<string>;
}>;

/** How this start came to its data folder, and where a move writes what the next one shall open. */
export type HomeSource = Readonly<{
  kind: 'argument' | 'environment' | 'pointer' | 'default';
  pointerFile: string;
}>;

/** Everything the core needs from outside; `createNodePorts` makes the real ones. */
export type CorePorts = Readonly<{
  /** The data folder (LEGAL_EAGLE_HOME), absolute. */
  home: string;
  homeSource: HomeSource;
  /** What this process is, for the lock's owner line: `serve`, `train` … */
  command: string;
  version: string;
  platform: ProcessPlatform;
  /** Environment that job processes inherit from, by the whitelist of the platform. */
  environment: Readonly<Record<string, string | undefined>>;
  runtime: RuntimePort;
  environments: EnvironmentPlaces;
  gpu: GpuProbe;
  host: HostResources;
  /** Recipes, the tiny model, sample rows; absolute. */
  resourcesDir: string;
  /** `python-runtime/run.py`, absolute. */
  runScript: string;
  clock: Clock;
  ids: IdGen;
  hostUi: HostUi;
  keyring: Keyring;
  /** Taken from the environment before anything was started, and no longer in it. */
  handedTokens: readonly HandedToken[];
}>;
