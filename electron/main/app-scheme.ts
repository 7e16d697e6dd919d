import { protocol, type Session } from 'electron';

import { readFileTable } from '../gate/file-table.ts';
import { SECURITY_HEADERS } from '../gate/security-headers.ts';

/** Before the app is ready: makes `app:` an origin of its own with a secure context. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

const refuse = (status: number): Response => new Response('', { status, headers: SECURITY_HEADERS });

/** Serves the built pages from a fixed table; no address is ever joined to a path. */
export function serveAppScheme(session: Session, pagesDir: string): void {
  const table = readFileTable(pagesDir);
  session.protocol.handle('app', (request) => {
    const { host, pathname } = new URL(request.url);
    if (host !== 'studio') return refuse(404);
    if (request.method !== 'GET') return refuse(405);
    const file = table.get(pathname);
    if (file === undefined) return refuse(404);
    return new Response(new Uint8Array(file.plain), {
      headers: { ...SECURITY_HEADERS, 'content-type': file.contentType },
    });
  });
}
