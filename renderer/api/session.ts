import { errorBodySchema, fromErrorBody, StudioError } from '../../electron/shared/contract/studio-error.ts';

/** The server refuses what lacks this header; a form on another site cannot send it. */
export const REQUEST_HEADERS = { 'x-legal-eagle': '1' } as const;

export const failureOf = async (response: Response): Promise<StudioError> => {
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = errorBodySchema.safeParse((body as { error?: unknown } | undefined)?.error);
  return parsed.success ? fromErrorBody(parsed.data) : new StudioError('core.disconnected');
};

/** Exchanges the one-time token of the printed address for a session cookie. Throws `server.*`. */
export async function signIn(token: string): Promise<void> {
  const response = await fetch('api/session', {
    method: 'POST',
    headers: { ...REQUEST_HEADERS, 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  if (!response.ok) throw await failureOf(response);
}

/** Why the server does not take this browser, or undefined where it does. Throws where it does not answer. */
export async function sessionProblem(): Promise<StudioError | undefined> {
  const response = await fetch('api/session', { headers: REQUEST_HEADERS });
  return response.ok ? undefined : failureOf(response);
}

/** Takes the token out of the address, so that neither a reload nor a bookmark carries it. */
export function takeToken(): string | undefined {
  const match = /^#token=([\w-]+)$/u.exec(window.location.hash);
  if (match === null) return undefined;
  window.history.replaceState(null, '', `${window.location.pathname}#/`);
  return match[1];
}
