import { closeSync, createReadStream, fsyncSync, openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** One file of an archive: its name inside with forward slashes, and where its bytes come from. */
export type ZipEntry = Readonly<{ name: string; source: { file: string } | { text: string } }>;

type Written = Readonly<{ name: Buffer; crc: number; bytes: number; offset: number }>;

const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
const END_BYTES = 22;
const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const VERSION = 20;
/** General purpose bit 11: names are UTF-8. */
const UTF8_NAMES = 0x0800;
/** 1980-01-01, the earliest date the format knows: an archive of the same files is the same bytes. */
const DOS_DATE = 0x0021;
/** Beyond this the format needs 64-bit fields, which some unpackers lack. */
const MOST_BYTES = 0xffffffff;

/**
 * Writes an archive without compression: adapter weights do not shrink, and the rest is small. Returns its
 * size in bytes. Throws where it would pass 4 GiB, and what the file system throws.
 * Format: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
 */
export async function writeZip(target: string, entries: readonly ZipEntry[]): Promise<number> {
  const descriptor = openSync(target, 'wx');
  try {
    let position = 0;
    const written: Written[] = [];
    for (const entry of entries) {
      const offset = position;
      const name = Buffer.from(entry.name, 'utf8');
      position += LOCAL_HEADER_BYTES + name.length;
      let crc = 0;
      let bytes = 0;
      for await (const chunk of chunksOf(entry)) {
        writeSync(descriptor, chunk, 0, chunk.length, position);
        position += chunk.length;
        bytes += chunk.length;
        crc = crc32(chunk, crc);
      }
      if (position > MOST_BYTES) throw new Error('an archive holds at most 4 GiB');
      const done = { name, crc, bytes, offset };
      writeSync(descriptor, localHeader(done), 0, LOCAL_HEADER_BYTES + name.length, offset);
      written.push(done);
    }
    const directory = Buffer.concat(written.map(centralHeader));
    const end = endOfDirectory(written.length, directory.length, position);
    writeSync(descriptor, Buffer.concat([directory, end]), 0, directory.length + end.length, position);
    fsyncSync(descriptor);
    return position + directory.length + end.length;
  } finally {
    closeSync(descriptor);
  }
}

async function* chunksOf(entry: ZipEntry): AsyncGenerator<Buffer> {
  if ('text' in entry.source) yield Buffer.from(entry.source.text, 'utf8');
  else for await (const chunk of createReadStream(entry.source.file)) yield chunk as Buffer;
}

/** The fields that both headers share, from "version needed" on. */
function commonFields(header: Buffer, at: number, entry: Written): void {
  header.writeUInt16LE(VERSION, at);
  header.writeUInt16LE(UTF8_NAMES, at + 2);
  header.writeUInt16LE(DOS_DATE, at + 8);
  header.writeUInt32LE(entry.crc, at + 10);
  header.writeUInt32LE(entry.bytes, at + 14);
  header.writeUInt32LE(entry.bytes, at + 18);
  header.writeUInt16LE(entry.name.length, at + 22);
}

function localHeader(entry: Written): Buffer {
  const header = Buffer.alloc(LOCAL_HEADER_BYTES);
  header.writeUInt32LE(LOCAL_SIGNATURE, 0);
  commonFields(header, 4, entry);
  return Buffer.concat([header, entry.name]);
}

function centralHeader(entry: Written): Buffer {
  const header = Buffer.alloc(CENTRAL_HEADER_BYTES);
  header.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  header.writeUInt16LE(VERSION, 4);
  commonFields(header, 6, entry);
  header.writeUInt32LE(entry.offset, 42);
  return Buffer.concat([header, entry.name]);
}

function endOfDirectory(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END_SIGNATURE, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
