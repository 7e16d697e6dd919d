import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileSchema = z.strictObject({ path: z.string().min(1), bytes: z.int().min(0), sha256 });

/** `evidence.json`: what a release was made of, by SHA-256. Null and empty lists: not recorded. */
export const evidenceSchema = z.strictObject({
  version: z.literal(1),
  studioVersion: z.string(),
  madeAtMs: z.int(),
  part: z.enum(['adapter', 'merged', 'gguf']),
  run: z.strictObject({ id: z.string(), step: z.int(), planHash: z.string().nullable() }),
  data: z.array(
    z.strictObject({
      name: z.string(),
      /** Over the rows that were trained and evaluated on. */
      rowsSha256: z.string().nullable(),
      sources: z.array(z.strictObject({ file: z.string(), bytes: z.int(), sha256 })),
    }),
  ),
  base: z.strictObject({
    name: z.string(),
    repositories: z.record(z.string(), z.string()),
    revision: z.string().nullable(),
    /** Over weights and configuration, as the engine computes it. */
    fingerprint: z.string().nullable(),
    files: z.array(fileSchema),
  }),
  recipe: z.record(z.string(), z.unknown()),
  environment: z.strictObject({
    python: z.string().nullable(),
    platform: z.string().nullable(),
    /** Of the lock that the environment was made from. */
    lockSha256: z.string().nullable(),
    packages: z.record(z.string(), z.string()),
  }),
  checkpoints: z.array(z.strictObject({ step: z.int(), bytes: z.int(), manifestSha256: sha256 })),
  evaluation: z.strictObject({
    evalLoss: z.number().nullable(),
    baseEvalLoss: z.number().nullable(),
    results: z.array(z.strictObject({ dataset: z.string(), metric: z.string(), value: z.number() })),
  }),
  /** Every file of the repository but this one and the list of sums, which names this one. */
  files: z.array(fileSchema),
  /** Of this very object without this field, as {@link canonicalJson} writes it. */
  seal: sha256,
});

export type Evidence = z.output<typeof evidenceSchema>;
export type UnsealedEvidence = Omit<Evidence, 'seal'>;

/** JSON with sorted keys and no spaces: one text for one value, whoever writes it. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const sorted = entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${sorted.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
}

/** A file as it is now; undefined where it is missing. */
export type FileNow = Readonly<{ bytes: number; sha256: string }> | undefined;

export type EvidenceFinding = Readonly<
  | { kind: 'seal-broken' }
  | { kind: 'missing'; path: string }
  | { kind: 'changed'; path: string }
  /** Lies there and is not in the evidence. */
  | { kind: 'unlisted'; path: string }
>;

/** What speaks against a release being what its evidence says; empty where nothing does. */
export function checkEvidence(
  evidence: Evidence,
  seen: Readonly<{
    /** SHA-256 of the canonical text of the evidence without its seal. */
    seal: string;
    files: ReadonlyMap<string, FileNow>;
  }>,
): readonly EvidenceFinding[] {
  const listed = new Set(evidence.files.map(({ path }) => path));
  return [
    ...(seen.seal === evidence.seal ? [] : [{ kind: 'seal-broken' } as const]),
    ...evidence.files.flatMap(({ bytes, path, sha256: expected }): EvidenceFinding[] => {
      const now = seen.files.get(path);
      if (now === undefined) return [{ kind: 'missing', path }];
      return now.bytes === bytes && now.sha256 === expected ? [] : [{ kind: 'changed', path }];
    }),
    ...[...seen.files.keys()]
      .filter((path) => !listed.has(path) && !BESIDE.has(path))
      .map((path): EvidenceFinding => ({ kind: 'unlisted', path })),
  ];
}

/** Files that cannot stand in the evidence: it itself, the sums over it, and what hubs put there. */
const BESIDE: ReadonlySet<string> = new Set(['evidence.json', 'SHA256SUMS', '.gitattributes']);

/** The object that is sealed. */
export function unsealed({ seal: _seal, ...rest }: Evidence): UnsealedEvidence {
  return rest;
}
