import { Button, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconFingerprint } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { OutputOf } from '../../api/hooks.ts';
import { useAction, useCall } from '../../api/hooks.ts';
import { useJob } from '../../api/use-job.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { formatNumber, formatTime } from '../../i18n/format.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';

export type MemorisationPanelProps = Readonly<{
  runId: string;
  /** Of the released adapter; its last where it is left out. */
  step: number | undefined;
  /** The released whole model of that run, in place of its adapter. */
  modelId: string | undefined;
}>;

type Shown = OutputOf<'memorisation.show'>;
type Result = NonNullable<Shown['result']>;

/** Before going public: whether the model gives its training rows, or personal data of them, back. */
export function MemorisationPanel({ modelId, runId, step }: MemorisationPanelProps): ReactElement {
  const words = useWords('release');
  const queries = useQueryClient();
  const shown = useCall('memorisation.show', { run: runId });
  const start = useAction('memorisation.start');
  const jobId = start.data?.jobId ?? shown.data?.job?.id;
  const { hasEnded, job, progress } = useJob(jobId, () => {
    void queries.invalidateQueries({ queryKey: ['memorisation'] });
    // What speaks against going public is another list now.
    void queries.invalidateQueries({ queryKey: ['releases'] });
  });
  const runs = jobId !== undefined && !hasEnded;
  const result = shown.data?.result;
  return (
    <Panel
      title={words('memory.title')}
      actions={
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconFingerprint size={14} aria-hidden />}
          loading={start.isPending || runs}
          onClick={() =>
            start.mutate({
              run: runId,
              ...(modelId === undefined ? (step === undefined ? {} : { step }) : { model: modelId }),
            })
          }
        >
          {words(result === undefined ? 'memory.start' : 'memory.again')}
        </Button>
      }
    >
      <Stack gap={8}>
        {shown.error !== null && <ErrorNote error={shown.error} onRetry={() => void shown.refetch()} />}
        {start.error !== null && <ErrorNote error={start.error} />}
        {job?.error !== undefined && <ErrorNote error={job.error} />}
        {shown.isPending && <Skeletons rows={2} height={20} />}
        {runs && (
          <Text role="status" c="dimmed">
            {progress === undefined || progress.total === null
              ? words('memory.begins')
              : words('memory.runs', { done: progress.done, total: progress.total })}
          </Text>
        )}
        {shown.data !== undefined && result === undefined && !runs && <Text>{words('memory.never')}</Text>}
        {result !== undefined && <Findings result={result} verdict={shown.data?.verdict ?? 'not-judged'} />}
      </Stack>
    </Panel>
  );
}

type FindingsProps = Readonly<{ result: Result; verdict: NonNullable<Shown['verdict']> }>;

function Findings({ result, verdict }: FindingsProps): ReactElement {
  const words = useWords('release');
  const language = useLanguage();
  const count = (value: number): string => formatNumber(value);
  const { askedRows, personalData, verbatim } = result;
  return (
    <>
      <Text role="status" fw={600} c={verdict === 'found' ? 'var(--le-red)' : 'inherit'}>
        {words(`memory.verdict.${verdict}`)}
      </Text>
      <Text c="dimmed">
        {words('memory.asked', {
          rows: count(askedRows),
          step: count(result.step),
          time: formatTime(result.createdAtMs, language),
        })}
      </Text>
      <ul style={{ margin: 0, paddingInlineStart: 20 }}>
        {askedRows > 0 && (
          <li>
            {words('memory.verbatim', {
              tuned: count(verbatim.tuned),
              base: count(verbatim.tuned - verbatim.added),
            })}
          </li>
        )}
        {personalData.rows.map(({ kind, rows, values }) => (
          <li key={kind}>
            {words('memory.inRows', {
              kind: words(`memory.kind.${kind}`),
              rows: count(rows),
              values: count(values),
            })}
          </li>
        ))}
        {personalData.outputs.map(({ kind, reproduced, other }) => (
          <li key={kind}>
            {words('memory.inAnswers', {
              kind: words(`memory.kind.${kind}`),
              reproduced: count(reproduced),
              other: count(other),
            })}
          </li>
        ))}
      </ul>
      {result.dataset.asTrained === false && <Text c="var(--le-amber)">{words('memory.changed')}</Text>}
      {result.examples.some((one) => one.verbatim) && (
        <Group gap={4} wrap="wrap">
          {result.examples
            .filter((one) => one.verbatim)
            .map((one) => (
              <Text key={one.rowId} size="sm" style={{ overflowWrap: 'anywhere' }}>
                {words('memory.example', { row: count(one.rowId), text: one.excerpt })}
              </Text>
            ))}
        </Group>
      )}
    </>
  );
}
