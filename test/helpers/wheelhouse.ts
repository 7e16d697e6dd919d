import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** Makes a real, installable wheel of an empty package with the standard library's zip writer. */
const MAKE_WHEEL = `
import sys, zipfile
folder, name, version, *requires = sys.argv[1:]
dist = f"{name}-{version}.dist-info"
with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}/__init__.py", f"__version__ = {version!r}\\n")
    needs = "".join(f"Requires-Dist: {one}\\n" for one in requires)
    wheel.writestr(f"{dist}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n{needs}")
    wheel.writestr(f"{dist}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    names = [f"{name}/__init__.py", f"{dist}/METADATA", f"{dist}/WHEEL", f"{dist}/RECORD"]
    wheel.writestr(f"{dist}/RECORD", "".join(f"{one},,\\n" for one in names))
`;

/** Makes the wheel of an empty package in `folder`. */
export const makeWheel = (
  python: string,
  folder: string,
  name: string,
  version: string,
  requires: readonly string[] = [],
): void => {
  mkdirSync(folder, { recursive: true });
  execFileSync(python, ['-I', '-c', MAKE_WHEEL, folder, name, version, ...requires]);
};

export type Wheelhouse = Readonly<{
  /** Base address of a package index in the simple repository form. */
  index: string;
  /** SHA-256 of a package's wheel as it lies on disk. */
  digest: (name: string) => string;
  /** Paths asked for, in order. */
  requests: readonly string[];
  /** Serves other bytes than the index promises for these packages. */
  corrupt: Set<string>;
  close: () => Promise<void>;
}>;

const wheelName = (folder: string, name: string): string | undefined =>
  readdirSync(folder).find((file) => file.startsWith(`${name}-`) && file.endsWith('.whl'));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A package index on 127.0.0.1 that publishes digests, over a folder of wheels. */
export const openWheelhouse = async (
  python: string,
  folder: string,
  packages: Readonly<Record<string, string>>,
): Promise<Wheelhouse> => {
  mkdirSync(folder, { recursive: true });
  for (const [name, version] of Object.entries(packages)) {
    makeWheel(python, folder, name, version);
  }
  const requests: string[] = [];
  const corrupt = new Set<string>();
  const server: Server = createServer((request, response) => {
    const url = request.url ?? '/';
    requests.push(url);
    const [, kind, name = ''] = url.split('/');
    const file = wheelName(folder, kind === 'files' ? (name.split('-')[0] ?? '') : name);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const bytes = readFileSync(path.join(folder, file));
    if (kind === 'files') {
      response.end(corrupt.has(name.split('-')[0] ?? '') ? Buffer.from('not the wheel') : bytes);
    } else {
      response.setHeader('content-type', 'text/html');
      response.end(`<a href="/files/${file}#sha256=${sha256(bytes)}">${file}</a>`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    index: `http://127.0.0.1:${String(port)}/simple`,
    digest: (name) => sha256(readFileSync(path.join(folder, wheelName(folder, name) ?? ''))),
    requests,
    corrupt,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
