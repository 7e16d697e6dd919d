import { Button, Checkbox, Divider, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import type { ReactElement } from 'react';
import { useNavigate } from 'react-router';

import type { DatasetInspection } from '../../../electron/shared/contract/methods/datasets.ts';
import { useAction } from '../../api/hooks.ts';
import { formatBytes, formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { Equation } from './equation.tsx';
import { FixBar } from './fix-bar.tsx';
import type { ImportDraftState } from './import-draft.ts';
import { mappingOf } from './mapping.ts';
import { MappingPreview } from './mapping-preview.tsx';
import { ProblemList } from './problem-list.tsx';
import { consentTo, hasConsent } from './suggested-fixes.ts';
import { useInspection } from './use-inspection.ts';

/** The import in preparation: what was read, how it will look, what is wrong, and the consent to go on. */
export function ImportPanel({ state }: Readonly<{ state: ImportDraftState }>): ReactElement {
  const { draft, change, discard } = state;
  const words = useWords('datasets');
  const inspection = useInspection(draft);
  const { report } = inspection;
  return (
    <Panel
      title={words('import.title', { sources: draft.sources.length })}
      actions={
        <Button size="compact-sm" variant="default" onClick={discard}>
          {words('import.cancel')}
        </Button>
      }
    >
      <Stack gap="md">
        <ul style={{ margin: 0, paddingLeft: 18 }}>
          {draft.sources.slice(0, 8).map((source) => (
            <li key={source.path}>
              <strong>{source.name}</strong> <SourceFacts report={report} path={source.path} />
            </li>
          ))}
          {draft.sources.length > 8 && (
            <li>{words('import.moreSources', { more: draft.sources.length - 8 })}</li>
          )}
        </ul>
        {inspection.isRunning && (
          <div aria-live="polite">
            <Text mb={4}>
              {words('import.reading', { percent: Math.round((inspection.fraction ?? 0) * 100) })}
            </Text>
            <ProgressBar fraction={inspection.fraction} label={words('import.readingLabel')} />
          </div>
        )}
        {inspection.error !== undefined && !inspection.isRunning && (
          <ErrorNote error={inspection.error} onRetry={inspection.retry} />
        )}
        {report !== undefined && (
          <>
            <ImportEquation report={report} />
            <FixBar state={state} report={report} />
            <MappingPreview
              report={report}
              mapping={draft.mapping}
              onChange={(mapping) => change({ mapping, beforeFix: undefined })}
            />
            <Divider />
            <section id="import-problems" tabIndex={-1} aria-label={words('problem.title')}>
              {report.problems.length === 0 ? (
                <Text c="dimmed">{words('problem.none')}</Text>
              ) : (
                <ProblemList problems={report.problems} counts={report.problemCounts} />
              )}
            </section>
            <Divider />
            <ImportForm state={state} report={report} />
          </>
        )}
      </Stack>
    </Panel>
  );
}

function SourceFacts({
  report,
  path,
}: Readonly<{ report: DatasetInspection | undefined; path: string }>): ReactElement | null {
  const words = useWords('datasets');
  const name = path.split(/[/\\]/u).at(-1);
  const source = report?.sources.find((one) => one.file === name);
  if (source === undefined) return null;
  return (
    <Text component="span" fz="xs" c="dimmed">
      {source.container} · {source.encoding} · {formatBytes(source.bytes)} ·{' '}
      {words('rowCount', { rows: formatNumber(source.records) })}
    </Text>
  );
}

function ImportEquation({ report }: Readonly<{ report: DatasetInspection }>): ReactElement {
  const toProblems = (): void => {
    const section = document.querySelector<HTMLElement>('#import-problems');
    section?.scrollIntoView({ block: 'start' });
    section?.focus();
  };
  return (
    <Equation
      counts={report}
      reasons={report.excludedReasons}
      onOpen={(part) => {
        if (part === 'excluded') toProblems();
        else document.querySelector('[data-sample]')?.scrollIntoView({ block: 'center' });
      }}
      onOpenUnreadable={toProblems}
    />
  );
}

function ImportForm({
  state,
  report,
}: Readonly<{ state: ImportDraftState; report: DatasetInspection }>): ReactElement {
  const { draft, change, discard } = state;
  const words = useWords('datasets');
  const navigate = useNavigate();
  const isAgreed = hasConsent(draft, report);
  const start = useAction('datasets.import');
  const needsConsent = report.errors > 0;
  const blocked =
    report.usable === 0
      ? words('import.nothingUsable')
      : needsConsent && !isAgreed
        ? words('import.consentFirst')
        : undefined;
  const submit = (): void => {
    if (blocked !== undefined || start.isPending) return;
    const mapping = mappingOf(draft.mapping);
    start.mutate(
      {
        sources: draft.sources.map((source) => source.path),
        ...(draft.name.trim() === '' ? {} : { name: draft.name.trim() }),
        ...(mapping === undefined ? {} : { mapping }),
        evalFraction: draft.evalPercent / 100,
        accept: needsConsent ? 'usable' : 'none',
      },
      {
        onSuccess: ({ datasetId }) => {
          discard();
          void navigate(`/datasets/${encodeURIComponent(datasetId)}`);
        },
      },
    );
  };
  return (
    <Stack gap="sm">
      <Group align="flex-start" gap="md">
        <TextInput
          flex="1 1 240px"
          maw={420}
          label={words('import.name')}
          maxLength={120}
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <NumberInput
          w={180}
          label={words('import.evalShare')}
          suffix=" %"
          min={0}
          max={99}
          clampBehavior="strict"
          value={draft.evalPercent}
          onChange={(value) => {
            if (typeof value === 'number') change({ evalPercent: value });
          }}
        />
      </Group>
      {needsConsent && report.usable > 0 && (
        <Checkbox
          checked={isAgreed}
          onChange={(event) =>
            change({
              consent: event.currentTarget.checked ? consentTo(report) : undefined,
              beforeFix: undefined,
            })
          }
          label={words('import.consent', {
            usable: formatNumber(report.usable),
            excluded: formatNumber(report.excluded),
            unreadable: formatNumber(report.unreadable),
          })}
        />
      )}
      {start.error !== null && <ErrorNote error={start.error} />}
      <Group gap="sm">
        <Button disabled={blocked !== undefined} loading={start.isPending} onClick={submit}>
          {words('import.start', { rows: formatNumber(report.usable) })}
        </Button>
        {blocked !== undefined && (
          <Text fz="xs" c="dimmed">
            {blocked}
          </Text>
        )}
      </Group>
    </Stack>
  );
}
