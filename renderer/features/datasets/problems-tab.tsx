import { Button, Group, Pagination, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import { useCall } from '../../api/hooks.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { ProblemList } from './problem-list.tsx';
import { shortReason } from './short-reason.ts';

const PAGE_PROBLEMS = 100;

export type ProblemsTabProps = Readonly<{
  datasetId: string;
  counts: readonly Readonly<{ code: string; level: 'error' | 'warning'; count: number }>[];
}>;

/** Every problem of the import, by kind, with its place and what to do. */
export function ProblemsTab({ datasetId, counts }: ProblemsTabProps): ReactElement {
  const words = useWords('datasets');
  const language = useErrorLanguage();
  const [code, setCode] = useState<string>();
  const [page, setPage] = useState(1);
  const input = { dataset: datasetId, offset: (page - 1) * PAGE_PROBLEMS, limit: PAGE_PROBLEMS };
  const problems = useCall(
    'datasets.problems',
    { ...input, ...(code === undefined ? {} : { code }) },
    { keepPrevious: true },
  );
  if (counts.length === 0) {
    return <EmptyState icon={<IconCircleCheck size={32} stroke={1.5} />} sentence={words('problem.none')} />;
  }
  const choose = (next: string | undefined): void => {
    setCode(next);
    setPage(1);
  };
  const total = problems.data?.total ?? 0;
  return (
    <>
      <Group gap="xs" mb="sm" role="group" aria-label={words('problem.kinds')}>
        <Button
          size="compact-sm"
          variant={code === undefined ? 'filled' : 'default'}
          aria-pressed={code === undefined}
          onClick={() => choose(undefined)}
        >
          {words('problem.all')}
        </Button>
        {counts.map((one) => (
          <Button
            key={one.code}
            title={one.code}
            size="compact-sm"
            variant={code === one.code ? 'filled' : 'default'}
            aria-pressed={code === one.code}
            onClick={() => choose(one.code)}
          >
            {shortReason(one.code, words('equation.someField'), language)} · {formatNumber(one.count)}
          </Button>
        ))}
      </Group>
      {problems.error !== null && (
        <ErrorNote error={problems.error} onRetry={() => void problems.refetch()} />
      )}
      {problems.isPending && <Skeletons rows={6} />}
      {problems.data !== undefined && (
        <ProblemList
          problems={problems.data.items}
          counts={Object.fromEntries(counts.map((one) => [one.code, one.count]))}
        />
      )}
      {total > PAGE_PROBLEMS && (
        <Group mt="sm" justify="space-between">
          <Pagination total={Math.ceil(total / PAGE_PROBLEMS)} value={page} onChange={setPage} size="sm" />
          <Text c="dimmed">{words('times', { count: formatNumber(total) })}</Text>
        </Group>
      )}
    </>
  );
}
