import type { MemorisationResult } from '../protocol/memorisation.ts';

export type MemorisationVerdict = 'none-found' | 'found' | 'not-judged';

/** Names are hints: alone they are no finding. A sample in which nothing is found proves nothing about other rows. */
export function memorisationVerdict(
  result: Pick<MemorisationResult, 'askedRows' | 'verbatim' | 'personalData'>,
): MemorisationVerdict {
  const reproduced = result.personalData.outputs.some((one) => !one.hint && one.reproduced > 0);
  if (result.verbatim.added > 0 || reproduced) return 'found';
  return result.askedRows === 0 ? 'not-judged' : 'none-found';
}
