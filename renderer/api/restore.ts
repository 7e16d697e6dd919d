import { queryClient } from './query-client.ts';
import { studio } from './studio-client.ts';

/** Gives back what was removed, and has every list that shows its kind asked for again. */
export async function restoreFromTrash(trashId: string): Promise<void> {
  const { kind } = await studio.client.call('storage.restore', { trashId });
  await Promise.all(
    [`${kind}s`, 'storage'].map((domain) => queryClient.invalidateQueries({ queryKey: [domain] })),
  );
}
