import { useState } from 'react';

import { useQueryClient } from '@tanstack/react-query';

import type { ModelsTopicData } from '../../../electron/shared/contract/methods/models.ts';
import { useTopic } from '../../api/hooks.ts';

/** What is fetched and what is hashed; undefined until the studio has said so. What ends is asked for anew. */
export function useModelsTopic(): ModelsTopicData | undefined {
  const queries = useQueryClient();
  const [data, setData] = useState<ModelsTopicData>();
  useTopic('models', (next) => {
    const changed = data === undefined || standing(data) !== standing(next);
    setData(next);
    if (changed) void queries.invalidateQueries({ queryKey: ['models'] });
  });
  return data;
}

/** What the records depend on: which downloads there are and how they stand, what is hashed, what jobs have changed. */
const standing = ({ digesting, downloads, recordChanges }: ModelsTopicData): string =>
  JSON.stringify([
    recordChanges,
    digesting?.modelId,
    downloads.map(({ modelId, state }) => [modelId, state]),
  ]);
