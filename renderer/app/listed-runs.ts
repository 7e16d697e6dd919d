import type { RunSummary } from '../../electron/shared/contract/methods/runs.ts';
import type { OutputOf } from '../api/hooks.ts';
import { queryClient } from '../api/query-client.ts';

const LISTS = ['runs', 'runs.list'] as const;
type RunList = OutputOf<'runs.list'>;

/**
 * Brings a run up to date in every list that shows it, in its place: a list is not sorted anew under a person's eyes.
 * Lists are asked for again only where the run is new to all of them or its state, which filters go by, is another.
 */
export function updateListedRun(run: RunSummary): void {
  let isKnown = false;
  for (const [key, list] of queryClient.getQueriesData<RunList>({ queryKey: LISTS })) {
    const listed = list?.items.find((one) => one.id === run.id);
    if (list === undefined || listed === undefined) continue;
    isKnown ||= listed.state === run.state;
    queryClient.setQueryData<RunList>(key, {
      ...list,
      items: list.items.map((one) => (one.id === run.id ? run : one)),
    });
  }
  if (!isKnown) askListsAgain();
}

export function askListsAgain(): void {
  void queryClient.invalidateQueries({ queryKey: LISTS });
}
