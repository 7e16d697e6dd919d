import type { StoredJobEvent } from '../db/repositories/job-repository.ts';
import type { AttemptRecord } from '../db/repositories/attempt-repository.ts';

export type RunEventPage = Readonly<{
  items: { attempt: number; seq: number; atMs: number; type: string; data: unknown }[];
  more: boolean;
}>;

export type RunEventQuery = Readonly<{
  types: readonly string[];
  after: Readonly<{ attempt: number; seq: number }> | undefined;
  limit: number;
}>;

/** Events read at once while looking for the wanted types. */
const BATCH = 2000;

/** The events of all attempts of a run in order, a page at a time. */
export function pageRunEvents(
  attempts: readonly AttemptRecord[],
  eventsAfter: (jobId: string, after: number, limit: number) => readonly StoredJobEvent[],
  query: RunEventQuery,
): RunEventPage {
  const wanted = new Set(query.types);
  const items: RunEventPage['items'] = [];
  for (const attempt of attempts) {
    if (query.after !== undefined && attempt.number < query.after.attempt) continue;
    let seq = query.after?.attempt === attempt.number ? query.after.seq : 0;
    for (;;) {
      const batch = eventsAfter(attempt.jobId, seq, BATCH);
      for (const event of batch) {
        seq = event.seq;
        if (wanted.size > 0 && !wanted.has(event.type)) continue;
        // One event beyond the page is enough to know that there are more.
        if (items.length === query.limit) return { items, more: true };
        items.push({ attempt: attempt.number, seq, atMs: event.t, type: event.type, data: event.data });
      }
      if (batch.length < BATCH) break;
    }
  }
  return { items, more: false };
}
