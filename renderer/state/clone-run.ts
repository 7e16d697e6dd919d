import type { RunDetail } from '../../electron/shared/contract/methods/runs.ts';
import { draftOf } from '../../electron/shared/domain/recipes/recipe-draft.ts';
import { putDraft } from './drafts.ts';

/** Puts the recipe of a run into the form of a new run, under another name, with `changes` by dotted names. */
export function putCloneDraft(
  run: RunDetail,
  name: string,
  changes: Readonly<Record<string, unknown>> = {},
): void {
  const { recipe, modelId, modelPath, datasetId, datasetPath } = run;
  const draft = draftOf({ ...recipe, name, model: modelId ?? modelPath, dataset: datasetId ?? datasetPath });
  putDraft('new-run', { ...draft, changes: { ...draft.changes, ...changes } });
}
