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

/** Every file below a folder; the runtime of an older shell has no recursive listing. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(place);
    return entry.isFile() ? [place] : [];
  });
}

/** Reads the built renderer (some megabytes) once. Files of unknown kinds are not served. */
export function readFileTable(folder: string): FileTable {
  const table = new Map<string, ServedFile>();
  for (const file of filesBelow(folder)) {
    const kind = path.extname(file);
    const type = TYPES[kind];
    if (type === undefined) continue;
    const address = `/${path.relative(folder, file).split(path.sep).join('/')}`;
    const plain = readFileSync(file);
    const packed = PACKED.has(kind) ? gzipSync(plain) : undefined;
    table.set(address, { contentType: type, immutable: address.startsWith(HASHED), plain, packed });
  }
  const page = table.get('/index.html');
  if (page !== undefined) table.set('/', page);
  return table;
}
