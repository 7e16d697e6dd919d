import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

import { StudioError } from '../shared/contract/studio-error.ts';

const SECRET_BYTES = 32;
/** Wrong tokens before sign-in pauses; with 256-bit tokens this only keeps the log and the CPU quiet. */
const MOST_FAILURES = 10;
const PAUSE_MS = 60_000;
const COOKIE = 'legal_eagle_session';

export type SessionGate = {
  /** Goes into the printed address; works once. */
  readonly token: string;
  /** Exchanges the token for the value of a `Set-Cookie` header. Throws `server.*`. */
  exchange(token: string): string;
  /** A new token for one more browser, in place of one that has not been used. */
  renew(): string;
  /** Whether a `Cookie` header carries a session of this gate. */
  admits(cookieHeader: string | undefined): boolean;
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

export function createSessionGate(
  nowMs: () => number,
  options: { readonly secure?: boolean } = {},
): SessionGate {
  const token = newSecret();
  const attributes = `Path=/; HttpOnly; SameSite=Strict${options.secure === true ? '; Secure' : ''}`;
  let expected: Buffer | undefined = digest(token);
  const sessions: Buffer[] = [];
  let failures = 0;
  let pausedUntilMs = 0;

  return {
    token,
    exchange(offered) {
      if (nowMs() < pausedUntilMs) throw new StudioError('server.too_many_attempts');
      // Digests have equal lengths, so the comparison's time tells nothing about the token.
      if (expected === undefined || !timingSafeEqual(digest(offered), expected)) {
        failures += 1;
        if (failures >= MOST_FAILURES) {
          failures = 0;
          pausedUntilMs = nowMs() + PAUSE_MS;
        }
        throw new StudioError('server.token_invalid');
      }
      expected = undefined;
      const session = newSecret();
      sessions.push(digest(session));
      return `${COOKIE}=${session}; ${attributes}`;
    },
    renew() {
      const next = newSecret();
      expected = digest(next);
      return next;
    },
    admits(cookieHeader) {
      for (const part of (cookieHeader ?? '').split(';')) {
        const [name, value] = part.trim().split('=', 2);
        if (name !== COOKIE || value === undefined) continue;
        const offered = digest(value);
        if (sessions.some((session) => timingSafeEqual(session, offered))) return true;
      }
      return false;
    },
  };
}
