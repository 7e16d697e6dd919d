import { useMemo } from 'react';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { DatasetView } from '../../../electron/shared/contract/methods/datasets.ts';
import type { ModelView } from '../../../electron/shared/contract/methods/models.ts';
import { TRAINABLE_KINDS } from '../../../electron/shared/domain/model-kinds.ts';
import { useCall } from '../../api/hooks.ts';

export type LibraryItem = Readonly<{ id: string; name: string; path: string; state: string }>;

export type Library = Readonly<{
  models: readonly (LibraryItem & Pick<ModelView, 'facts'>)[];
  datasets: readonly (LibraryItem & Pick<DatasetView, 'counts'>)[];
  isLoading: boolean;
  error: StudioError | undefined;
  retry: () => void;
}>;

/** More is found by typing the name; a select of more is of no use. */
const MOST_ITEMS = 500;

/** Models and datasets of this rig. */
export function useLibrary(): Library {
  const models = useCall('models.list', { kinds: [...TRAINABLE_KINDS], limit: MOST_ITEMS });
  const datasets = useCall('datasets.list', { limit: MOST_ITEMS });
  const { refetch: refetchModels } = models;
  const { refetch: refetchDatasets } = datasets;
  return useMemo(
    () => ({
      models: models.data?.items ?? [],
      datasets: datasets.data?.items ?? [],
      isLoading: models.isPending || datasets.isPending,
      error: models.error ?? datasets.error ?? undefined,
      retry: () => {
        void refetchModels();
        void refetchDatasets();
      },
    }),
    [
      models.data,
      datasets.data,
      models.isPending,
      datasets.isPending,
      models.error,
      datasets.error,
      refetchModels,
      refetchDatasets,
    ],
  );
}
