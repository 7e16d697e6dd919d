import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const SOURCE = path.resolve(import.meta.dirname, '../llama');
const FILES = ['package.json', 'package-lock.json'] as const;
const INSTALL_MS = 540_000;

/**
 * The folder whose `node_modules` holds llama.cpp for the tests: outside the clone, one for each lock file, made at its
 * first use (about 170 MB). Throws what npm throws.
 */
export function llamaPackages(): string {
  const contents = FILES.map((file) => readFileSync(path.join(SOURCE, file)));
  const hash = createHash('sha256').update(Buffer.concat(contents)).digest('hex').slice(0, 16);
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  const place = path.join(cache, 'legal-eagle-studio', 'llama-proof', hash);
  if (existsSync(place)) return place;
  const staged = `${place}.${randomUUID()}`;
  mkdirSync(staged, { recursive: true });
  try {
    FILES.forEach((file, index) => writeFileSync(path.join(staged, file), contents[index] ?? ''));
    // Binaries of other systems and of cards are optional dependencies; the one for Linux is a dependency here.
    execFileSync('npm', ['ci', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'], {
      cwd: staged,
      stdio: 'pipe',
      timeout: INSTALL_MS,
    });
    if (!existsSync(place)) renameSync(staged, place);
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
  return place;
}
