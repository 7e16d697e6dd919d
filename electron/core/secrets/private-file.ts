import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** Whether the rights of a file let others than its owner in. Windows keeps rights elsewhere; there it is no. */
export const isOpenToOthers = (mode: number, platform: NodeJS.Platform): boolean =>
  platform !== 'win32' && (mode & 0o077) !== 0;

/**
 * Writes a file that only its owner can read, whole or not at all. The rights are there before the first byte is.
 * Throws `secrets.not_written`.
 */
export function writePrivateFile(file: string, text: string): void {
  const temporary = `${file}.${String(process.pid)}.tmp`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: OWNER_ONLY_FOLDER });
    rmSync(temporary, { force: true });
    // `wx`: whatever stands there, a link for instance, is not followed.
    const descriptor = openSync(temporary, 'wx', OWNER_ONLY_FILE);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    removeQuietly(temporary);
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StudioError('secrets.not_written', { path: file, reason }, { cause: error });
  }
}

/**
 * Text of a private file, undefined where there is none. Rights that a copy or a restored backup widened are
 * narrowed again. Throws `secrets.damaged` where it cannot be read.
 */
export function readPrivateFile(file: string): string | undefined {
  try {
    const facts = statSync(file, { throwIfNoEntry: false });
    if (facts === undefined) return undefined;
    if (isOpenToOthers(facts.mode, process.platform)) chmodSync(file, OWNER_ONLY_FILE);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw damaged(file, (error as NodeJS.ErrnoException).code ?? String(error));
  }
}

function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The failure that led here is the one to tell of.
  }
}

export const removePrivateFile = (file: string): void => rmSync(file, { force: true });

export const damaged = (file: string, reason: string): StudioError =>
  new StudioError('secrets.damaged', { path: file, reason });
