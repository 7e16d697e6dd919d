import { Button } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import { isLive } from '../../../electron/shared/domain/run-state.ts';
import type { Recipe } from '../../../electron/shared/protocol/recipe.ts';
import { useQueryClient } from '@tanstack/react-query';
import { useAction, useTopic } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';

/** Counts the dataset's tokens with the chosen model, so that tokens, truncation and packs are known. */
export function CountTokens({ recipe }: Readonly<{ recipe: Recipe }>): ReactElement {
  const words = useWords('new-run');
  const queries = useQueryClient();
  const start = useAction('datasets.statistics');
  const [jobId, setJobId] = useState<string>();
  const [failure, setFailure] = useState<unknown>();
  useTopic(jobId === undefined ? undefined : `job.${jobId}`, (frame) => {
    if (frame.kind === 'events' || isLive(frame.job.state)) return;
    setJobId(undefined);
    setFailure(frame.job.error);
    void queries.invalidateQueries({ queryKey: ['datasets'] });
    void queries.invalidateQueries({ queryKey: ['preflight'] });
  });
  const { dataset, model, template, thinking, systemPrompt, cutoffLength } = recipe;
  const error = failure ?? start.error ?? undefined;
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        loading={start.isPending || jobId !== undefined}
        onClick={() => {
          setFailure(undefined);
          start.mutate(
            { dataset, model, template, thinking, systemPrompt, cutoffLength },
            { onSuccess: (started) => setJobId(started.jobId) },
          );
        }}
      >
        {words('countTokens')}
      </Button>
      {error !== undefined && <ErrorNote error={error} />}
    </>
  );
}
