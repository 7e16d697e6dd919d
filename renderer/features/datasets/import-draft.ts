import { useMemo } from 'react';
import { z } from 'zod';

import { mappingSchema } from '../../../electron/shared/protocol/mapping.ts';
import { useDraft } from '../../state/drafts.ts';

const sourceSchema = z.object({
  /** On the rig. */
  path: z.string().min(1),
  /** As the person knows it. */
  name: z.string(),
  uploaded: z.boolean(),
});

const mappingDraftSchema = mappingSchema.partial();
/** What the person agreed to lose. */
const consentSchema = z.object({ excluded: z.int(), unreadable: z.int() });

const importDraftSchema = z.object({
  sources: z.array(sourceSchema).default([]),
  name: z.string().default(''),
  mapping: mappingDraftSchema.default({}),
  evalPercent: z.number().min(0).max(99).default(5),
  consent: consentSchema.optional(),
  /** What the suggested fixes replaced; there while they can be undone. */
  beforeFix: z.object({ mapping: mappingDraftSchema, consent: consentSchema.optional() }).optional(),
});

export type ImportDraft = z.output<typeof importDraftSchema>;
export type ImportSource = z.output<typeof sourceSchema>;
export type MappingDraft = ImportDraft['mapping'];

const EMPTY: ImportDraft = importDraftSchema.parse({});

export type ImportDraftState = Readonly<{
  draft: ImportDraft;
  change: (changes: Partial<ImportDraft>) => void;
  add: (sources: readonly ImportSource[]) => void;
  discard: () => void;
}>;

/** The import that is being prepared; it survives a reload. */
export function useImportDraft(): ImportDraftState {
  const stored = useDraft('datasets.import');
  const draft = useMemo(() => importDraftSchema.safeParse(stored.value).data ?? EMPTY, [stored.value]);
  const change = (changes: Partial<ImportDraft>): void => stored.save({ ...draft, ...changes });
  return {
    draft,
    change,
    add: (sources) => {
      const known = new Set(draft.sources.map((source) => source.path));
      const fresh = sources.filter((source) => !known.has(source.path));
      const first = [...draft.sources, ...fresh][0];
      change({
        beforeFix: undefined,
        sources: [...draft.sources, ...fresh],
        name: draft.name === '' && first !== undefined ? nameOf(first.name) : draft.name,
      });
    },
    discard: stored.discard,
  };
}

/** A file's name without its folders and its last ending. */
export function nameOf(file: string): string {
  const base = file.split(/[/\\]/u).findLast((part) => part !== '') ?? file;
  return base.replace(/\.[^.]{1,8}$/u, '') || base;
}
