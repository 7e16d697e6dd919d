import { useQuery } from '@tanstack/react-query';

import {
  datasetInspectionSchema,
  type DatasetInspection,
} from '../../../electron/shared/contract/methods/datasets.ts';
import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { OUTLIVES_GAPS } from '../../api/query-client.ts';
import { studio } from '../../api/studio-client.ts';
import { useJob } from '../../api/use-job.ts';
import { mappingOf } from './mapping.ts';
import type { ImportDraft } from './import-draft.ts';

export type Inspection = Readonly<{
  report: DatasetInspection | undefined;
  /** Between 0 and 1 while files are read. */
  fraction: number | undefined;
  isRunning: boolean;
  /** Why nothing could be read: of the call, or of the job. */
  error: unknown;
  retry: () => void;
}>;

/** Reads the sources with the draft's mapping; the same question is answered from memory. */
export function useInspection(draft: ImportDraft): Inspection {
  const { sources, mapping, evalPercent } = draft;
  const input = {
    sources: sources.map((source) => source.path),
    mapping: mappingOf(mapping),
    evalFraction: evalPercent / 100,
  };
  const started = useQuery<string, StudioError>({
    queryKey: ['datasets.inspection', input],
    queryFn: async () => {
      await studio.ready();
      const { mapping: given, ...rest } = input;
      const call = given === undefined ? rest : { ...rest, mapping: given };
      return (await studio.client.call('datasets.inspect', call)).jobId;
    },
    enabled: sources.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    meta: OUTLIVES_GAPS,
  });
  // A studio that ended took its reading job along: the question stands, so it is asked again.
  const { job, progress, hasEnded } = useJob(started.data, (ended) => {
    if (ended.state === 'interrupted') void started.refetch();
  });
  const report = hasEnded ? datasetInspectionSchema.safeParse(job?.result).data : undefined;
  const failure =
    hasEnded && report === undefined ? (job?.error ?? { code: 'core.internal', params: {} }) : undefined;
  return {
    report,
    fraction:
      progress === undefined || progress.total === null || progress.total === 0
        ? undefined
        : progress.done / progress.total,
    isRunning: started.isFetching || (started.data !== undefined && !hasEnded),
    error: started.error ?? failure,
    retry: () => void started.refetch(),
  };
}
