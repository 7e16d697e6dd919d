import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { open, rename, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';

import { StudioError } from '../shared/contract/studio-error.ts';
import { uploadName } from './upload-name.ts';

export type UploadStoreOptions = Readonly<{
  /** Uploaded files are kept here, each in a folder of its own. */
  dir: string;
  /** Largest file taken. */
  maxBytes: number;
  /** Room that stays free for what training writes. */
  reserveBytes: number;
  /** Free bytes of the disk; without it the disk is asked. */
  freeBytes?: (dir: string) => Promise<number>;
}>;

export type Uploaded = Readonly<{ path: string; bytes: number }>;

export type UploadStore = Readonly<{
  /**
   * Writes exactly `bytes` bytes of the stream. Nothing is left of a file that is cut short, too long or too
   * large. Throws `server.upload_*` and `server.disk_full`.
   */
  take(name: string, bytes: number, content: Readable): Promise<Uploaded>;
}>;

const freeBytesOf = async (dir: string): Promise<number> => {
  const disk = await statfs(dir);
  return disk.bavail * disk.bsize;
};

export function createUploadStore(options: UploadStoreOptions): UploadStore {
  const { dir, maxBytes, reserveBytes } = options;
  const freeBytes = options.freeBytes ?? freeBytesOf;
  const partDir = path.join(dir, 'parts');
  // What a crash left half written is of no use to anyone.
  rmSync(partDir, { recursive: true, force: true });
  mkdirSync(partDir, { recursive: true });
  /** Promised to uploads under way, so that two of them cannot be promised the same room. */
  let promisedBytes = 0;

  return {
    take: async (offeredName, bytes, content) => {
      const name = uploadName(offeredName);
      if (bytes > maxBytes) throw new StudioError('server.upload_too_large', { bytes, maxBytes });
      promisedBytes += bytes;
      const part = path.join(partDir, randomUUID());
      try {
        const room = (await freeBytes(dir)) - reserveBytes - (promisedBytes - bytes);
        if (bytes > room) throw new StudioError('server.disk_full', { bytes, freeBytes: Math.max(0, room) });
        await writeWhole(part, bytes, content);
        const folder = path.join(dir, randomUUID());
        mkdirSync(folder);
        const target = path.join(folder, name);
        await rename(part, target);
        return { path: target, bytes };
      } catch (error) {
        throw asUploadError(error, bytes);
      } finally {
        promisedBytes -= bytes;
        await rm(part, { force: true });
      }
    },
  };
}

async function writeWhole(file: string, bytes: number, content: Readable): Promise<void> {
  const handle = await open(file, 'wx');
  let received = 0;
  try {
    for await (const chunk of content) {
      const block = chunk as Buffer;
      received += block.length;
      if (received > bytes) throw new StudioError('server.upload_cut', { bytes, received });
      await handle.writeFile(block);
    }
    if (received !== bytes) throw new StudioError('server.upload_cut', { bytes, received });
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function asUploadError(error: unknown, bytes: number): unknown {
  if (error instanceof StudioError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StudioError('server.disk_full', { bytes, freeBytes: 0 }, { cause: error });
  // The sender went away: nobody reads the answer, but the log does.
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new StudioError('server.upload_cut', { bytes, received: 0 }, { cause: error });
  return error;
}
