import { StudioError } from '../../shared/contract/studio-error.ts';
import type { ReleaseRecord } from '../db/repositories/release-repository.ts';
import { cardRequest, type DraftDeps } from './release-draft.ts';
import { choiceOf } from './upload-spec.ts';

/** Codes of what speaks against going public, in the order of the warnings. */
export async function publicDoubts(release: ReleaseRecord, deps: DraftDeps): Promise<readonly string[]> {
  const { sources } = deps;
  const { hub, language } = release;
  try {
    const card = { ...release.card, licenceReason: '' };
    const made = await sources.cards(cardRequest(card, { hub, language, audience: 'public' }, deps));
    const doubts = made
      .flatMap(({ warnings }) => warnings.filter((one) => one.needsReason))
      .map(({ code }) => code);
    const isChecked = release.parts.every(
      ({ part }) => sources.memorisation(sources.resolve(choiceOf(release, part))) === 'clean',
    );
    return [...new Set(isChecked ? doubts : [...doubts, 'release.memorisation'])];
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    // The run or the model is gone: nobody can look at it any more.
    return [error.code];
  }
}
