import { z } from 'zod';

import { HUBS } from '../domain/hub-endpoints.ts';

const path = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().min(0);

const hubPlace = {
  hub: z.enum(HUBS),
  endpoint: z
    .string()
    .regex(/^https?:\/\/[^/@\s?#]+$/)
    .meta({ description: 'Origin of the hub itself, never of a mirror.' }),
  tokenOrigin: z.string().meta({
    description:
      'The only origin that the secret `hubToken` may go to; refused where it is another than the endpoint.',
  }),
  proxy: z
    .string()
    .regex(/^https?:\/\/[^/@\s?#]+\/?$/)
    .nullable()
    .default(null)
    .meta({ description: 'Proxy to go through, without a user name; null goes straight.' }),
};

const repository = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/)
  .meta({ description: 'owner/name' });

/** Whom a token belongs to, and whether it may write. Nothing is changed at the hub. */
export const accountCheckParams = z.strictObject({ ...hubPlace });

/** Files as one commit of one private repository. A stopped or failed job goes on from `statePath`. */
export const uploadParams = z.strictObject({
  ...hubPlace,
  repository,
  licence: z.string().min(1).max(100).nullable().meta({
    description: 'As the hub names it; null claims nothing in the repository’s own record.',
  }),
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1).max(300).meta({ description: 'In the repository: relative, with slashes.' }),
        localPath: path,
        sha256: sha256
          .nullable()
          .meta({ description: 'Where it is known and the size and time still agree.' }),
      }),
    )
    .min(1)
    .max(2000),
  deletes: z.array(z.string().min(1).max(300)).max(2000).default([]).meta({
    description: 'Files of an existing repository that the commit takes away.',
  }),
  deleteOthers: z.boolean().default(false).meta({
    description:
      'The commit takes away whatever else the repository has, but for `.gitattributes`, which is the hub’s own.',
  }),
  commitMessage: z.string().min(1).max(500),
  existing: z.enum(['refuse', 'update-private', 'update-any']).meta({
    description:
      'What an existing repository means. `update-any` is a person’s word that a public one may be changed.',
  }),
  statePath: path.meta({ description: 'File of what is hashed and sent; holds no address and no token.' }),
  connections: z.int().min(1).max(4).default(2).meta({ description: 'Files that are sent side by side.' }),
  maxBytesPerSecond: z.int().min(1024).nullable().default(null),
  planOnly: z
    .boolean()
    .default(false)
    .meta({ description: 'Change nothing at the hub; only say what would be sent.' }),
});

/** The separate step after a private upload, or back. */
export const visibilityParams = z.strictObject({
  ...hubPlace,
  repository,
  visibility: z.enum(['private', 'public']),
});

const repositoryStateSchema = z.enum(['absent', 'private', 'public']);

export const UPLOAD_EVENT_DATA = {
  'hash-progress': z.strictObject({ path, doneBytes: bytes, bytes }),
  /** What one commit will do, said before any byte is sent. */
  'upload-plan': z.strictObject({
    repository: z.string(),
    state: repositoryStateSchema,
    files: z.array(z.strictObject({ path, bytes, sha256, change: z.enum(['add', 'replace', 'same']) })),
    deletes: z.array(path),
    /** What else the repository has, and keeps. */
    others: z.array(path).optional(),
    totalBytes: bytes,
    /** Of them, what the hub does not have anywhere. */
    sendBytes: bytes,
  }),
  /** `reused`: the hub had these bytes already. */
  'file-sent': z.strictObject({ path, bytes, sha256, reused: z.boolean() }),
} as const;

/** `result` of an upload. */
export const uploadResultSchema = z.strictObject({
  hub: z.enum(HUBS),
  endpoint: z.string(),
  repository: z.string(),
  /** The page that a person opens. */
  url: z.string(),
  /** Null where nothing had to be committed, or only a plan was asked for. */
  commit: z.string().nullable(),
  created: z.boolean(),
  visibility: repositoryStateSchema,
  files: z.array(z.strictObject({ path, bytes, sha256 })),
  sentBytes: bytes,
  reusedBytes: bytes,
  /** Sent again after a cut. */
  resentBytes: bytes,
  /** The hub has taken the commit and still looks at its content. */
  underReview: z.boolean(),
  seconds: z.number().min(0),
});

/** `result` of an account check. */
export const accountCheckResultSchema = z.strictObject({
  username: z.string(),
  /** Null where the hub does not say. */
  canWrite: z.boolean().nullable(),
  /** Names that the account may write under, its own first. */
  namespaces: z.array(z.string()),
});

/** `result` of a change of visibility. */
export const visibilityResultSchema = z.strictObject({
  repository: z.string(),
  url: z.string(),
  visibility: z.enum(['private', 'public']),
});
