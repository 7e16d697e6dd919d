import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';

export const repositoryRoot: string = path.resolve(import.meta.dirname, '../..');
export const sharedFolder: string =
  process.env['LEGAL_EAGLE_SHARED'] ?? path.resolve(repositoryRoot, '../shared');

export type CliResult = Readonly<{
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** The last line of standard output, parsed. */
  value: unknown;
}>;

export type CliOptions = Readonly<{
  home: string;
  env?: Readonly<Record<string, string>>;
  /** Called with everything printed so far, whenever more comes. */
  onOutput?: (output: Readonly<{ stdout: string; stderr: string }>, child: ChildProcess) => void;
  input?: string;
}>;

/** Runs `legal-eagle …` as a person does, in a process of its own, on the development environment. */
export const studioCli = (args: readonly string[], options: CliOptions): Promise<CliResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(repositoryRoot, 'electron/cli/main.ts'), ...args], {
      env: {
        ...process.env,
        LEGAL_EAGLE_HOME: options.home,
        LEGAL_EAGLE_VARIANT: 'dev',
        LEGAL_EAGLE_LANGUAGE: 'en',
        ...options.env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(options.input ?? '');
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      options.onOutput?.({ stdout, stderr }, child);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onOutput?.({ stdout, stderr }, child);
    });
    child.on('error', reject);
    child.on('close', (exitCode) => {
      let value: unknown;
      try {
        value = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      } catch {
        value = undefined;
      }
      resolve({ exitCode, stdout, stderr, value });
    });
  });
