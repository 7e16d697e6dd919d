import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

export type ServedFile = Readonly<{
  contentType: string;
  /** Named after its content, so a browser may keep it for ever. */
  immutable: boolean;
  plain: Buffer;
  /** Undefined where packing gains nothing. */
  packed: Buffer | undefined;
}>;

/** Addresses to files. What is not in it does not exist: no address is ever joined to a path. */
export type FileTable = ReadonlyMap<string, ServedFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};
const PACKED = new Set(['.html', '.js', '.css', '.svg']);
/** Vite's folder of files with a hash in their names. */
const HASHED = '/assets/';

/** Reads the built renderer (some megabytes) once. Files of unknown kinds are not served. */
export function readFileTable(folder: string): FileTable {
  const table = new Map<string, ServedFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[path.extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = path.join(entry.parentPath, entry.name);
    const address = `/${path.relative(folder, file).split(path.sep).join('/')}`;
    const plain = readFileSync(file);
    const packed = PACKED.has(path.extname(entry.name)) ? gzipSync(plain) : undefined;
    table.set(address, { contentType: type, immutable: address.startsWith(HASHED), plain, packed });
  }
  const page = table.get('/index.html');
  if (page !== undefined) table.set('/', page);
  return table;
}
