import type { MappingInput } from '../../../electron/shared/protocol/mapping.ts';
import type { DatasetInspection } from '../../../electron/shared/contract/methods/datasets.ts';
import type { MappingDraft } from './import-draft.ts';

/** The mapping to send: only what was chosen, undefined where everything is detected. */
export function mappingOf(draft: MappingDraft): MappingInput | undefined {
  const chosen = Object.entries(draft).filter(
    ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
  return chosen.length === 0 ? undefined : Object.fromEntries(chosen);
}

/** The column that holds references in any of the layouts, where there is one. */
export function referenceColumn(report: DatasetInspection): string | undefined {
  for (const mapping of Object.values(report.mappings)) {
    if (typeof mapping['reference'] === 'string') return mapping['reference'];
  }
  return undefined;
}

/** One line a layout: which columns became question, answer and so on. */
export function describeMapping(mapping: Readonly<Record<string, unknown>>): readonly Readonly<{
  role: 'prompt' | 'answer' | 'system' | 'history' | 'reference' | 'conversation';
  columns: readonly string[];
}>[] {
  const roles = ['conversation', 'prompt', 'reference', 'history', 'system', 'answer'] as const;
  return roles.flatMap((role) => {
    const value = mapping[role];
    const columns = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
    return columns.length === 0 ? [] : [{ role, columns }];
  });
}
