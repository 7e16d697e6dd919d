import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { JobSpec } from '../../shared/protocol/job-spec.ts';
import type { ProcessPlatform } from '../ports.ts';
import { AIR_GAP_VARIABLES } from './air-gap.ts';
import { JOB_FILES } from './job-folder.ts';
import { jobMarker, runnerEnvironment } from './runner-environment.ts';

/** How a job process is started: `<python> -I -X utf8 <runScript> <job folder>`. */
export type RunnerCommand = Readonly<{ python: string; runScript: string }>;

export type LaunchOptions = Readonly<{
  dir: string;
  detached: boolean;
  secrets: Readonly<Record<string, string>>;
  /** Variables of this job alone; they win over inherited ones. */
  variables: Readonly<Record<string, string>>;
  /** Whether the process may reach no other machine. */
  airGap: boolean;
  runner: RunnerCommand;
  environment: Readonly<Record<string, string | undefined>>;
}>;

export type RunnerExit = Readonly<{ exitCode: number | undefined; signal: string | undefined }>;

export type LaunchedRunner = Readonly<{
  /** The process that was created. On Windows a virtual environment's python.exe starts another one. */
  pid: number;
  exited: Promise<RunnerExit>;
  /** Requests of a chat job. Ending it tells a service job that the core is gone. */
  input: Writable | undefined;
  /** Replies of a chat job. */
  replies: Readable | undefined;
  /** Lets this process end before a detached runner does. */
  unref(): void;
}>;

/**
 * Starts the process of a job whose folder is ready. Throws `job.launch_failed` where the system refuses
 * (no such interpreter, no rights, no memory).
 */
export async function launchRunner(
  platform: ProcessPlatform,
  spec: JobSpec,
  options: LaunchOptions,
): Promise<LaunchedRunner> {
  const { python, runScript } = options.runner;
  const logDescriptor = openSync(path.join(options.dir, JOB_FILES.log), 'a');
  try {
    const child = platform.spawn({
      command: python,
      args: ['-I', '-X', 'utf8', runScript, options.dir],
      cwd: options.dir,
      env: {
        ...runnerEnvironment(
          options.environment,
          platform.inheritedEnvironment,
          jobMarker(spec.id, spec.nonce),
        ),
        ...options.variables,
        ...(options.airGap ? AIR_GAP_VARIABLES : {}),
      },
      detached: options.detached,
      logDescriptor,
      stdout: spec.kind === 'chat' && !options.detached ? 'pipe' : 'log',
    });
    const exited = exitOf(child);
    const pid = await pidOf(child, python);
    child.stdin?.on('error', () => {
      // EPIPE: the job ended first, which `exited` reports.
    });
    child.stdin?.write(`${JSON.stringify(options.secrets)}\n`);
    return {
      pid,
      exited,
      input: child.stdin ?? undefined,
      replies: child.stdout ?? undefined,
      unref: () => child.unref(),
    };
  } finally {
    closeSync(logDescriptor);
  }
}

function pidOf(child: ChildProcess, python: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new StudioError('job.launch_failed', { command: python, reason: error.message }, { cause: error }),
      );
    });
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('a spawned process has a pid'));
      else resolve(child.pid);
    });
  });
}

function exitOf(child: ChildProcess): Promise<RunnerExit> {
  return new Promise((resolve) => {
    child.once('exit', (exitCode, signal) => {
      // A death by signal has no exit code; the signal is looked at first everywhere.
      resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined });
    });
  });
}
