import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';

import type { ErrorBody } from '../../shared/contract/studio-error.ts';
import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import { propose, type CountedOffer } from './count-usage.ts';
import { EMPTYING } from './trash.ts';
import type { CleanUpOffer } from './usage-place.ts';

export type CleanUpDeps = Readonly<{
  trashDir: string;
  newId: () => string;
  /** The offers that were shown last. */
  offers: () => readonly CountedOffer[];
  /** Whether something has begun to need it since. */
  isNeeded: (offer: CleanUpOffer) => boolean;
  /** Takes the rows of checkpoints away, before their folders go. */
  forgetCheckpoints: (runId: string, steps: readonly number[]) => void;
  removeEnvironment: (name: string) => Promise<void>;
  emptyTrash: (trashId: string) => Promise<void>;
}>;

export type Chosen = Readonly<{ key: string; mark: string }>;
export type CleanUpResult = Readonly<{
  freedBytes: number;
  done: readonly string[];
  refused: readonly Readonly<{ key: string; error: ErrorBody }>[];
}>;

/**
 * Deletes what a person agreed to, one after the other. Each is looked at again first: what is another by now, or
 * needed, stays. Folders are renamed into the trash before they are deleted, so that a core that dies leaves each
 * either as it was or on its way out, which the next core ends.
 */
export async function cleanUp(chosen: readonly Chosen[], deps: CleanUpDeps): Promise<CleanUpResult> {
  const shown = new Map(deps.offers().map((one) => [one.offer.key, one]));
  const done: string[] = [];
  const refused: { key: string; error: ErrorBody }[] = [];
  let freedBytes = 0;
  for (const { key, mark } of chosen) {
    try {
      const found = shown.get(key);
      if (found?.proposal.mark !== mark) {
        throw new StudioError('storage.changed', { name: found?.offer.name ?? key });
      }
      freedBytes += await deleteOffer(found.offer, mark, deps);
      done.push(key);
    } catch (error) {
      refused.push({ key, error: toErrorBody(error) });
    }
  }
  return { freedBytes, done, refused };
}

/** Returns the bytes that are free now. Throws `storage.changed`, `storage.needed`, `storage.cannot_move`. */
async function deleteOffer(offer: CleanUpOffer, mark: string, deps: CleanUpDeps): Promise<number> {
  const { name } = offer;
  const now = await propose(offer, new Map(), {});
  if (now.mark !== mark) throw new StudioError('storage.changed', { name });
  if (deps.isNeeded(offer)) throw new StudioError('storage.needed', { name });
  switch (offer.kind) {
    case 'environment':
      await deps.removeEnvironment(offer.subject);
      break;
    case 'trash':
      await deps.emptyTrash(offer.subject);
      break;
    case 'checkpoints':
      // Rows first: a checkpoint without one is offered again, a row without its folder would promise a resume.
      deps.forgetCheckpoints(offer.subject, offer.steps ?? []);
      await deleteFolders(offer.paths, deps);
      break;
    case 'jobs':
    case 'releases':
    case 'orphan':
    case 'tokens':
      await deleteFolders(offer.paths, deps);
      break;
  }
  return now.bytes;
}

async function deleteFolders(
  paths: readonly string[],
  { newId, trashDir }: Pick<CleanUpDeps, 'newId' | 'trashDir'>,
): Promise<void> {
  const doomed = path.join(trashDir, `${newId()}${EMPTYING}`);
  mkdirSync(doomed, { recursive: true });
  try {
    for (const [at, folder] of paths.entries()) {
      if (existsSync(folder)) renameSync(folder, path.join(doomed, String(at)));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StudioError('storage.cannot_move', { path: paths[0], reason }, { cause: error });
  } finally {
    await rm(doomed, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
