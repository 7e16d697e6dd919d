import type { DatasetInspection } from '../../../electron/shared/contract/methods/datasets.ts';
import type { ImportDraft } from './import-draft.ts';
import { referenceColumn } from './mapping.ts';

/** What the importer would do about what it found. Repairs without a choice were made while reading. */
export type SuggestedFix =
  | Readonly<{ kind: 'placeReference'; column: string }>
  | Readonly<{ kind: 'leaveOut'; excluded: number; unreadable: number }>;

/** Whether the person agreed to lose exactly what would be lost now. */
export function hasConsent({ consent }: ImportDraft, report: DatasetInspection): boolean {
  return consent?.excluded === report.excluded && consent.unreadable === report.unreadable;
}

export function consentTo({ excluded, unreadable }: DatasetInspection): NonNullable<ImportDraft['consent']> {
  return { excluded, unreadable };
}

/** What is still to be done; nothing is suggested that leaves no row. */
export function suggestedFixes(draft: ImportDraft, report: DatasetInspection): readonly SuggestedFix[] {
  const column = referenceColumn(report);
  const isPlaced = (draft.mapping.referencePlacement ?? 'ignore') !== 'ignore';
  const { excluded, unreadable } = report;
  const loses = report.errors > 0 && report.usable > 0 && !hasConsent(draft, report);
  return [
    // Without its statutes a row teaches answers that cite what the model never saw.
    ...(column !== undefined && !isPlaced ? [{ kind: 'placeReference', column } as const] : []),
    ...(loses ? [{ kind: 'leaveOut', excluded, unreadable } as const] : []),
  ];
}

/** The draft's changes that carry the fixes out and remember what was there before. */
export function applyFixes(
  draft: ImportDraft,
  report: DatasetInspection,
): Pick<ImportDraft, 'mapping' | 'consent' | 'beforeFix'> {
  const kinds = new Set(suggestedFixes(draft, report).map((fix) => fix.kind));
  const { mapping, consent } = draft;
  return {
    mapping: kinds.has('placeReference') ? { ...mapping, referencePlacement: 'before' } : mapping,
    consent: kinds.has('leaveOut') ? consentTo(report) : consent,
    beforeFix: { mapping, consent },
  };
}
