import { useState, type ReactElement } from 'react';

import { Anchor, Button, Text } from '@mantine/core';
import { IconGitMerge } from '@tabler/icons-react';
import { Link } from 'react-router';

import type { JobView } from '../../../electron/shared/contract/methods/jobs.ts';
import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { useAction, useTopic } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';

/** Merges the adapter of a checkpoint into its base, and says what became of it. */
export function MergeButton({ run, step }: Readonly<{ run: RunSummary; step: number }>): ReactElement {
  const words = useWords('run');
  const merge = useAction('merge.start', { changes: ['models'] });
  const [job, setJob] = useState<JobView | undefined>(undefined);
  const jobId = merge.data?.jobId;
  useTopic(jobId === undefined ? undefined : `job.${jobId}`, (frame) => {
    if (frame.kind === 'snapshot' || frame.kind === 'state') setJob(frame.job);
  });
  const isUnderWay = merge.isPending || (jobId !== undefined && (job === undefined || isLive(job.state)));
  if (job?.state === 'done') {
    return (
      <Text fz="xs">
        {words('merge.done')}{' '}
        <Anchor component={Link} fz="xs" to={`/chat?model=${merge.data?.modelId ?? ''}`}>
          {words('merge.chat')}
        </Anchor>
      </Text>
    );
  }
  return (
    <div>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconGitMerge size={14} aria-hidden />}
        loading={isUnderWay}
        onClick={() => merge.mutate({ run: run.id, step })}
      >
        {words('action.merge')}
      </Button>
      {merge.error !== null && <ErrorNote error={merge.error} />}
      {job?.error !== undefined && <ErrorNote error={job.error} />}
    </div>
  );
}
