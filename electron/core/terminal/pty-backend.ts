import type { Disposable } from '../../shared/contract/disposable.ts';

export type PtyOptions = Readonly<{
  name: string;
  cols: number;
  rows: number;
  cwd: string;
  env: Record<string, string>;
}>;

/** A program behind a pseudo-terminal, as node-pty offers it. */
export type Pty = Readonly<{
  pid: number;
  onData(listener: (text: string) => void): Disposable;
  /** A death by signal comes with exit code 0, so the signal is looked at first. */
  onExit(listener: (exit: { exitCode: number; signal?: number | undefined }) => void): Disposable;
  write(text: string): void;
  resize(columns: number, rows: number): void;
  pause(): void;
  resume(): void;
  kill(): void;
}>;

export type PtyBackend = Readonly<{
  spawn(file: string, args: string[], options: PtyOptions): Pty;
}>;

/**
 * node-pty where its binary was built, else the same code prebuilt; undefined where neither runs on this system.
 */
export const loadPtyBackend = async (): Promise<PtyBackend | undefined> => {
  try {
    return await import('node-pty');
  } catch {
    // Its Linux package brings no binary, and scripts that would build one do not run at installation.
  }
  try {
    return await import('@lydell/node-pty');
  } catch {
    return undefined;
  }
};
