import { useMemo } from 'react';

import { isUsable, TRAINABLE_KINDS } from '../../../electron/shared/domain/model-kinds.ts';
import { useCall } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { keyOf } from './answerer.ts';

const MOST_ITEMS = 200;

type Option = Readonly<{ value: string; label: string }>;

export type Answerers = Readonly<{
  /** As a select takes them: models first, then runs that have got somewhere, newest first. */
  groups: readonly Readonly<{ group: string; items: Option[] }>[];
  nameOf: (key: string) => string | undefined;
  first: Option | undefined;
  isLoading: boolean;
  error: unknown;
  retry: () => void;
}>;

/** All that can answer on this rig. */
export function useAnswerers(): Answerers {
  const words = useWords('chat');
  const models = useCall('models.list', { kinds: [...TRAINABLE_KINDS], limit: MOST_ITEMS });
  const runs = useCall('runs.list', { limit: MOST_ITEMS });
  const { refetch: refetchModels } = models;
  const { refetch: refetchRuns } = runs;
  return useMemo(() => {
    const ready = (models.data?.items ?? []).filter(isUsable);
    const ofModels = ready.map((model) => ({
      value: keyOf({ kind: 'model', id: model.id }),
      label: words(model.origin === 'merged' ? 'kind.merged' : 'kind.model', { name: model.name }),
    }));
    const trained = (runs.data?.items ?? []).filter((run) => run.step > 0);
    const ofRuns = trained.flatMap((run) =>
      ([run.method === 'full' ? 'tuned' : 'adapter', 'base'] as const).map((kind) => ({
        value: keyOf({ kind, id: run.id }),
        label: words(`kind.${kind}`, { name: run.name }),
      })),
    );
    const all = [...ofModels, ...ofRuns];
    return {
      groups: [
        { group: words('group.models'), items: ofModels },
        { group: words('group.runs'), items: ofRuns },
      ].filter(({ items }) => items.length > 0),
      nameOf: (key) => all.find((one) => one.value === key)?.label,
      first: all[0],
      isLoading: models.isPending || runs.isPending,
      error: models.error ?? runs.error,
      retry: () => {
        void refetchModels();
        void refetchRuns();
      },
    };
  }, [
    words,
    models.data,
    models.isPending,
    models.error,
    runs.data,
    runs.isPending,
    runs.error,
    refetchModels,
    refetchRuns,
  ]);
}
