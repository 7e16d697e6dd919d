import { createHash } from 'node:crypto';
import { open, utimes } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 20;

export type CopyWatch = Readonly<{ signal: AbortSignal; onBytes: (bytes: number) => void }>;

/** Copies a file down to the disk; returns the SHA-256 of what was read, in hex. The time of change is kept. */
export async function copyFile(source: string, target: string, watch: CopyWatch): Promise<string> {
  const from = await open(source, 'r');
  try {
    const { atime, mtime, mode } = await from.stat();
    const to = await open(target, 'w', mode & 0o777);
    try {
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      for (;;) {
        watch.signal.throwIfAborted();
        const { bytesRead } = await from.read(buffer, 0, CHUNK_BYTES);
        if (bytesRead === 0) break;
        const part = buffer.subarray(0, bytesRead);
        hash.update(part);
        await to.writeFile(part);
        watch.onBytes(bytesRead);
      }
      await to.sync();
      await to.close();
      await utimes(target, atime, mtime);
      return hash.digest('hex');
    } finally {
      await to.close().catch(() => undefined);
    }
  } finally {
    await from.close();
  }
}

/** SHA-256 of a file, in hex. */
export async function hashFile(file: string, watch: CopyWatch): Promise<string> {
  const from = await open(file, 'r');
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      watch.signal.throwIfAborted();
      const { bytesRead } = await from.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
      watch.onBytes(bytesRead);
    }
  } finally {
    await from.close();
  }
}
