import type { CardPart } from '../../shared/domain/card/card-record.ts';
import { licenceOf } from '../../shared/domain/card/licences.ts';
import type { JobParams } from '../../shared/protocol/job-spec.ts';
import type { ReleasePartRecord, ReleaseRecord } from '../db/repositories/release-repository.ts';

type UploadParams = JobParams<'upload'>;

/** What a part was chosen from. */
export function choiceOf({ card }: ReleaseRecord, part: CardPart): ReleaseRecord['card']['parts'][number] {
  const choice = card.parts.find((one) => one.part === part);
  if (choice === undefined) throw new Error(`a release without its choice of the part ${part}`);
  return choice;
}

/** What the job of a part is told. */
export function uploadParamsOf(
  release: ReleaseRecord,
  { deleteOthers, repository }: ReleasePartRecord,
  { files, commitMessage, statePath }: Pick<UploadParams, 'files' | 'commitMessage' | 'statePath'>,
): UploadParams {
  return {
    ...placeOf(release),
    repository,
    licence: claimedLicence(release),
    files,
    deletes: [],
    deleteOthers: deleteOthers === true,
    commitMessage,
    existing: release.existing,
    statePath,
    connections: 2,
    maxBytesPerSecond: release.maxBytesPerSecond ?? null,
    planOnly: release.planOnly,
  };
}

export function visibilityParamsOf(release: ReleaseRecord, repository: string): JobParams<'visibility'> {
  return { ...placeOf(release), repository, visibility: 'public' };
}

function placeOf({
  hub,
  origin,
}: ReleaseRecord): Pick<UploadParams, 'endpoint' | 'hub' | 'proxy' | 'tokenOrigin'> {
  return { hub, endpoint: origin, tokenOrigin: origin, proxy: null };
}

/** The token itself is looked up when the job starts, and goes to this origin only. */
export function secretsOf({
  account,
  origin,
}: ReleaseRecord): Readonly<{ hubToken: Pick<ReleaseRecord, 'account' | 'origin'> }> {
  return { hubToken: { account, origin } };
}

/** A hub's own record names a licence only where its list has it; the card and the LICENSE file say the rest. */
function claimedLicence({ card, hub }: ReleaseRecord): string | null {
  if (card.licence === null) return null;
  const { freedom, id, modelScopeName } = licenceOf(card.licence);
  if (freedom === 'unknown') return null;
  return hub === 'modelscope' && modelScopeName === undefined ? null : id;
}

/** Hubs review these texts too, so they name nothing of a person's. */
export function commitMessageOf(part: CardPart, step: number | undefined): string {
  switch (part) {
    case 'adapter':
      return step === undefined ? 'Adapter' : `Adapter of step ${String(step)}`;
    case 'merged':
      return 'Merged model';
    case 'gguf':
      return 'GGUF';
  }
}
