import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type CommandResult = Readonly<{
  /** undefined where the program could not be started or was killed. */
  exitCode: number | undefined;
  stdout: string;
  /** The last 20,000 characters of standard error. */
  stderrTail: string;
  /** The system's reason (`ENOENT` …) where the program could not be started. */
  startError: string | undefined;
  /** Whether it was given up after `timeoutMs`. */
  timedOut: boolean;
}>;

export type CommandOptions = Readonly<{
  env: Readonly<Record<string, string | undefined>>;
  /** Called with each line of standard output as it comes. */
  onLine?: (line: string) => void;
  signal?: AbortSignal;
  /** After this the program is killed and let go, whether or not it dies: a wedged driver holds it for ever. */
  timeoutMs?: number;
}>;

export type RunCommand = (
  command: string,
  args: readonly string[],
  options: CommandOptions,
) => Promise<CommandResult>;

const STDERR_TAIL_CHARS = 20_000;

/** Runs a program without a shell and collects what it says. Never rejects. */
export const runCommand: RunCommand = (command, args, options) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    let stdout = '';
    let stderrTail = '';
    let startError: string | undefined;
    let timer: NodeJS.Timeout | undefined;
    const finish = (exitCode: number | undefined, timedOut: boolean): void => {
      clearTimeout(timer);
      resolve({ exitCode, stdout, stderrTail, startError, timedOut });
    };
    if (options.timeoutMs !== undefined) {
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        // A process in an uninterruptible call survives even that; nothing here may wait for it.
        child.stdout.destroy();
        child.stderr.destroy();
        child.unref();
        finish(undefined, true);
      }, options.timeoutMs);
    }
    createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', (line) => {
      stdout += `${line}\n`;
      options.onLine?.(line);
    });
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      stderrTail = (stderrTail + text).slice(-STDERR_TAIL_CHARS);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      startError = error.code ?? error.message;
      if (child.pid === undefined) finish(undefined, false);
    });
    child.on('close', (code) => {
      finish(code ?? undefined, false);
    });
  });
