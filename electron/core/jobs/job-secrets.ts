import { StudioError } from '../../shared/contract/studio-error.ts';
import type { TokenSource, TokenWish } from '../ports.ts';

/** Which tokens a job is handed, by the name it reads them under. A service names accounts, never tokens. */
export type JobSecrets = Readonly<Record<string, TokenWish>>;

/**
 * The first line of a service job's standard input: the only way a secret leaves the core. A job that survives the
 * core has no standard input and gets none. Throws what {@link TokenSource} throws.
 */
export async function takeJobSecrets(
  wishes: JobSecrets,
  tokens: TokenSource,
  options: Readonly<{ detached: boolean }>,
): Promise<Readonly<Record<string, string>>> {
  const names = Object.entries(wishes);
  if (names.length > 0 && options.detached)
    throw new StudioError('job.secrets_invalid', {}, { detail: 'a detached job is handed no secrets' });
  const taken: Record<string, string> = {};
  for (const [name, wish] of names) taken[name] = await tokens.token(wish);
  return taken;
}
