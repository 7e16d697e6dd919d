import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * A folder that every user of this machine may read, for what the shell tests build once: they run the shell as a
 * user without rights, who cannot look into root's home or into a private clone.
 */
export function sharedPlace(...names: readonly string[]): string {
  const root = path.join(tmpdir(), 'legal-eagle-shell-tests');
  const folder = path.join(root, ...names);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  chmodSync(root, 0o755);
  chmodSync(folder, 0o755);
  // Somebody else's folder of that name could hand us another binary.
  const owner = process.getuid?.();
  if (owner !== undefined && statSync(root).uid !== owner)
    throw new Error(`${root} belongs to another user; remove it and try again`);
  return folder;
}
