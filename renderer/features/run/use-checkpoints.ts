import { useEffect, useRef } from 'react';

import type { UseQueryResult } from '@tanstack/react-query';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { useCall, type OutputOf } from '../../api/hooks.ts';

export type Checkpoints = UseQueryResult<OutputOf<'runs.checkpoints'>, StudioError>;

/** The checkpoints of a run as the disk holds them, asked for again when `mark` changes. */
export function useCheckpoints(runId: string, mark: string): Checkpoints {
  const query = useCall('runs.checkpoints', { run: runId });
  const { refetch } = query;
  const asked = useRef(mark);
  useEffect(() => {
    if (asked.current !== mark) void refetch();
    asked.current = mark;
  }, [mark, refetch]);
  return query;
}
