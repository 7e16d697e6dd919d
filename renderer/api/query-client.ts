import { QueryClient } from '@tanstack/react-query';

import { studio } from './studio-client.ts';

export const queryClient: QueryClient = new QueryClient({
  defaultOptions: { queries: { refetchOnWindowFocus: false } },
});

// After a gap nothing on the page is sure to be true any more.
let wasOnline = false;
studio.onChange(() => {
  if (studio.connection.state !== 'online') return;
  if (wasOnline) void queryClient.invalidateQueries();
  wasOnline = true;
});
