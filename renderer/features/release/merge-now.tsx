import { Button } from '@mantine/core';
import { IconGitMerge } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { useQueryClient } from '@tanstack/react-query';

import { useAction } from '../../api/hooks.ts';
import { useJob } from '../../api/use-job.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { shardBytesFor } from './shard-size.ts';
import { useUplink } from './upload-time.ts';

export type MergeNowProps = Readonly<{ runId: string; step: number | undefined }>;

/** Merges the adapter, so that the merged model can be released beside it. */
export function MergeNow({ runId, step }: MergeNowProps): ReactElement {
  const words = useWords('release');
  const queries = useQueryClient();
  const [uplink] = useUplink();
  const merge = useAction('merge.start', { changes: ['models', 'releases'] });
  const { job, hasEnded } = useJob(merge.data?.jobId, () => {
    void queries.invalidateQueries({ queryKey: ['releases'] });
  });
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconGitMerge size={14} aria-hidden />}
        loading={merge.isPending || (merge.data !== undefined && !hasEnded)}
        onClick={() =>
          merge.mutate({
            run: runId,
            maxShardBytes: shardBytesFor(uplink),
            ...(step === undefined ? {} : { step }),
          })
        }
      >
        {words('what.merge')}
      </Button>
      {merge.error !== null && <ErrorNote error={merge.error} />}
      {job?.error !== undefined && <ErrorNote error={job.error} />}
    </>
  );
}
