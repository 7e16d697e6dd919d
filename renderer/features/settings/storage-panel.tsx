import { Stack } from '@mantine/core';
import type { ReactElement } from 'react';

import { CleanUpPanel } from './clean-up-panel.tsx';
import { DiskUsePanel } from './disk-use-panel.tsx';
import { TrashPanel } from './trash-panel.tsx';
import { useStorage } from './use-storage.ts';

/** What takes room on the disk, what of it can go, and what was removed and can come back. */
export function StoragePanel(): ReactElement {
  const storage = useStorage();
  return (
    <Stack gap="md">
      <DiskUsePanel storage={storage} />
      <CleanUpPanel countedAtMs={storage?.usage?.countedAtMs} />
      <TrashPanel />
    </Stack>
  );
}
