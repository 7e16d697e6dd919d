import { STATUS_CODES } from 'node:http';

import type { ErrorCode } from '../shared/contract/errors/index.ts';
import { SECURITY_HEADERS } from '../gate/security-headers.ts';

/** A refusal as it crosses the wire, for connections that never reach a route. */
export function rawRefusal(status: number, code: ErrorCode): string {
  const body = JSON.stringify({ error: { code, params: {} } });
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...SECURITY_HEADERS,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? 'Refused'}\r\n${lines.join('')}\r\n${body}`;
}
