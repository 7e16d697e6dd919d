import { z } from 'zod';

import { HUBS } from '../domain/hub-endpoints.ts';

const path = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * One repository of a hub as one folder. A stopped or failed job keeps what it has in `partialPath` of its listing
 * (`.<name>.downloading` beside `outPath`); another job with the same target goes on from there.
 */
export const downloadParams = z.strictObject({
  hub: z.enum(HUBS),
  endpoint: z
    .string()
    .regex(/^https?:\/\/[^/@\s?#]+(\/[^@\s?#]*)?$/)
    .meta({ description: 'Address of the hub or of a mirror, without a user name: https://modelscope.cn' }),
  tokenOrigin: z.string().nullable().default(null).meta({
    description:
      'The only origin that the token may go to. The secret `hubToken` is refused where this is another origin than the endpoint’s, or null.',
  }),
  proxy: z
    .string()
    .regex(/^https?:\/\/[^/@\s?#]+\/?$/)
    .nullable()
    .default(null)
    .meta({ description: 'Proxy to go through, without a user name; null goes straight.' }),
  repository: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/)
    .meta({ description: 'owner/name' }),
  revision: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/)
    .nullable()
    .default(null)
    .meta({ description: 'Branch, tag or commit; null is the default branch of the hub.' }),
  include: z.array(z.string().min(1).max(300)).min(1).max(200).nullable().default(null).meta({
    description:
      'Names or patterns (`*` and `?` within a folder, `**` across) of the files to take. Null takes what a model needs: configuration, tokenizer, template, safetensors, index, licence, README, the code files of the top folder as files.',
  }),
  pickleWeights: z.boolean().default(false).meta({
    description:
      'Also take *.bin weights where the repository has no safetensors, for the safe conversion. They are never loaded.',
  }),
  outPath: path.meta({ description: 'Folder to make, by rename; absent or empty before.' }),
  listOnly: z.boolean().default(false).meta({ description: 'Write nothing; only say what would be taken.' }),
  connections: z.int().min(1).max(8).default(3).meta({ description: 'Files that are fetched side by side.' }),
});

export const DOWNLOAD_EVENT_DATA = {
  /** What the hub has: files to take first, then as many of the others as one event carries. */
  listing: z.strictObject({
    repository: z.string(),
    /** As asked for; the default branch where nothing was. */
    revision: z.string(),
    /** What everything is fetched from, where the hub names it; else the files' hashes alone pin them. */
    commit: z.string().nullable(),
    files: z.array(
      z.strictObject({
        path,
        bytes: z.int().min(0),
        /** Null where the hub publishes none; then a git hash or the size is compared. */
        sha256: sha256.nullable(),
        taken: z.boolean(),
      }),
    ),
    /** Files of the repository that this event leaves out. */
    unlisted: z.int().min(0),
    takenFiles: z.int().min(0),
    takenBytes: z.int().min(0),
    repositoryFiles: z.int().min(0),
    repositoryBytes: z.int().min(0),
    /** Of the taken bytes, what an earlier attempt has left here. */
    presentBytes: z.int().min(0),
    partialPath: path,
  }),
  /** Of a file that is being fetched, once a second at most. */
  'file-progress': z.strictObject({ path, doneBytes: z.int().min(0), bytes: z.int().min(0) }),
  /** The file lies there whole and its hash is what the hub says. */
  'file-verified': z.strictObject({
    path,
    bytes: z.int().min(0),
    sha256,
    /** Whether an earlier attempt had fetched it. */
    kept: z.boolean(),
    /** What it was compared with; `size` where the hub publishes no hash of it. */
    by: z.enum(['sha256', 'git', 'size']),
  }),
  /** Nothing comes; the job tries again by itself until it is stopped. */
  waiting: z.strictObject({
    reason: z.enum(['network', 'rate-limit', 'server']),
    waitMs: z.int().min(0),
    /** Counted since bytes last came. */
    attempt: z.int().min(1),
    detail: z.string(),
  }),
} as const;

/** `result` of a download. */
export const downloadResultSchema = z.strictObject({
  /** The folder; null where the job only listed. */
  path: path.nullable(),
  hub: z.enum(HUBS),
  endpoint: z.string(),
  repository: z.string(),
  revision: z.string(),
  commit: z.string().nullable(),
  bytes: z.int().min(0),
  files: z.array(z.strictObject({ path, bytes: z.int().min(0), sha256: sha256.nullable() })),
  /** Bodies that came over the network in this job. */
  receivedBytes: z.int().min(0),
  seconds: z.number().min(0),
});
