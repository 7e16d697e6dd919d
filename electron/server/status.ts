import type { ErrorCode } from '../shared/contract/errors/index.ts';

const FORBIDDEN = 403;

const STATUS: Partial<Record<ErrorCode, number>> = {
  'server.session_missing': 401,
  'server.token_invalid': 401,
  'server.too_many_attempts': 429,
  'server.upload_cut': 400,
  'server.upload_length': 411,
  'server.upload_name': 400,
  'server.upload_too_large': 413,
  'server.disk_full': 507,
};

/** The HTTP status of a refusal. */
export const statusOf = (code: string): number => STATUS[code as ErrorCode] ?? FORBIDDEN;
