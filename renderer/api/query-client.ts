import { QueryClient } from '@tanstack/react-query';

import { studio } from './studio-client.ts';

export const queryClient: QueryClient = new QueryClient({
  defaultOptions: { queries: { refetchOnWindowFocus: false } },
});

/** Of a query whose answer is a job's id: the job went on without the page, and tells the rest itself. */
export const OUTLIVES_GAPS = { outlivesGaps: true } as const;

// After a gap nothing else on the page is sure to be true any more.
let wasOnline = false;
studio.onChange(() => {
  if (studio.connection.state !== 'online') return;
  if (wasOnline) {
    void queryClient.invalidateQueries({ predicate: ({ meta }) => meta?.['outlivesGaps'] !== true });
  }
  wasOnline = true;
});
