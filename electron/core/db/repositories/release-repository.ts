import type { Database } from 'better-sqlite3';
import type { z } from 'zod';

import type { ErrorBody } from '../../../shared/contract/studio-error.ts';
import type {
  ReleasePartChoice,
  ReleasePartView,
  ReleaseTexts,
  ReleaseWarning,
} from '../../../shared/contract/methods/releases.ts';
import type { Hub } from '../../../shared/domain/hub-endpoints.ts';
import type { CardLanguage, CardPart } from '../../../shared/domain/card/card-record.ts';
import type { uploadParams, uploadResultSchema } from '../../../shared/protocol/upload.ts';
import type { ColumnsOf } from './record-table.ts';
import { createRecordShelf, type PageRange, type RecordPage, type RecordShelf } from './record-shelf.ts';

/** What a person chose for the cards of a release. */
export type ReleaseCard = Readonly<{
  parts: readonly ReleasePartChoice[];
  licence: string | null;
  licenceReason: string;
  texts: ReleaseTexts;
}>;

export type ReleasePartRecord = Readonly<{
  part: CardPart;
  repository: string;
  /** A person's word that what the repository has besides may go. */
  deleteOthers?: boolean | undefined;
  runId?: string | undefined;
  step?: number | undefined;
  modelId?: string | undefined;
  /** Newest job that looked at the hub or sent. */
  jobId?: string | undefined;
  plan?: ReleasePartView['plan'];
  /** Of the upload; absent until everything is there and compared. */
  result?: Omit<z.output<typeof uploadResultSchema>, 'files'> | undefined;
  visibility?: 'absent' | 'private' | 'public' | undefined;
  visibilityJobId?: string | undefined;
  error?: ErrorBody | undefined;
  /** What its card warned of when it was made. */
  warnings?: readonly ReleaseWarning[] | undefined;
}>;

export type ReleaseRecord = Readonly<{
  id: string;
  name: string;
  hub: Hub;
  origin: string;
  account: string;
  language: CardLanguage;
  existing: z.output<typeof uploadParams>['existing'];
  maxBytesPerSecond?: number | undefined;
  planOnly: boolean;
  cancelled: boolean;
  createdAtMs: number;
  endedAtMs?: number | undefined;
  card: ReleaseCard;
  parts: readonly ReleasePartRecord[];
  publicReason?: string | undefined;
}>;

const RELEASE_COLUMNS: ColumnsOf<ReleaseRecord> = {
  id: 'text',
  name: 'text',
  hub: 'text',
  origin: 'text',
  account: 'text',
  language: 'text',
  existing: 'text',
  maxBytesPerSecond: 'number',
  planOnly: 'boolean',
  cancelled: 'boolean',
  createdAtMs: 'number',
  endedAtMs: 'number',
  card: 'json',
  parts: 'json',
  publicReason: 'text',
};

export type ReleaseRepository = Pick<
  RecordShelf<ReleaseRecord>,
  'insert' | 'save' | 'byId' | 'find' | 'remove'
> & {
  /** The release that a job works for. */
  byJob(jobId: string): ReleaseRecord | undefined;
  /** Newest first. */
  list(range: PageRange): RecordPage<ReleaseRecord>;
  /** Neither done nor given up, newest first. */
  open(): readonly ReleaseRecord[];
};

export function createReleaseRepository(db: Database): ReleaseRepository {
  const shelf = createRecordShelf<ReleaseRecord>(db, 'releases', RELEASE_COLUMNS);
  const pages = shelf.pages('TRUE', 'created_at_ms DESC, id DESC');
  const withJob = shelf.first(`WHERE EXISTS (SELECT 1 FROM json_each(parts)
    WHERE json_extract(value, '$.jobId') = @jobId OR json_extract(value, '$.visibilityJobId') = @jobId)`);
  return {
    ...shelf,
    byJob: (jobId) => withJob({ jobId }),
    list: (range) => pages({}, range),
    open: shelf.all('WHERE ended_at_ms IS NULL ORDER BY created_at_ms DESC, id DESC'),
  };
}
