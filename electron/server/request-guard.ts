import type { IncomingHttpHeaders } from 'node:http';

import type { ErrorCode } from '../shared/contract/errors/index.ts';

/** Sent by the studio's own page with every request that changes something; a form cannot send it. */
export const REQUEST_HEADER = 'x-legal-eagle';

export type RequestGuard = {
  /** The code to refuse a request with, or undefined. Runs before any routing. */
  check(headers: IncomingHttpHeaders): ErrorCode | undefined;
};

/**
 * Allows only the names this server is known by. The Host header must be one of them exactly: comparing it
 * with Origin alone would accept any foreign name that resolves to this machine (DNS rebinding). An Origin,
 * where a browser sends one, must be a page of this server; `null` (a sandboxed frame, a file) never is.
 */
export function createRequestGuard(
  hostNames: readonly string[],
  port: number,
  scheme: 'http' | 'https' = 'http',
): RequestGuard {
  const hosts = new Set(hostNames.map((name) => `${name}:${port}`));
  const origins = new Set([...hosts].map((host) => `${scheme}://${host}`));
  return {
    check: (headers) => {
      if (headers.host === undefined || !hosts.has(headers.host)) return 'server.host_refused';
      if (headers.origin !== undefined && !origins.has(headers.origin)) return 'server.origin_refused';
      return undefined;
    },
  };
}
