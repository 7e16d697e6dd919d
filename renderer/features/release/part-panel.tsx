import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconLock, IconWorld } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { ReleasePartView, ReleaseView } from '../../../electron/shared/contract/methods/releases.ts';
import { openAddress } from '../../api/desktop-host.ts';
import { useAction } from '../../api/hooks.ts';
import { formatBytes, formatDuration, formatNumber } from '../../i18n/format.ts';
import { useLanguage, useWords, type Words } from '../../i18n/use-words.ts';
import { CopyTextButton } from '../../ui/copy-text-button.tsx';
import { Countdown } from '../../ui/countdown.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { OutsideLink } from '../../ui/outside-link.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { Fold } from './fold.tsx';
import { PartFiles } from './part-files.tsx';
import { PartPlan } from './part-plan.tsx';
import { ReleaseState } from './release-state.tsx';
import { uploadMs } from './upload-time.ts';
import classes from './release.module.css';

export type PartPanelProps = Readonly<{ release: ReleaseView; part: ReleasePartView }>;

/** One repository on its way: what is done now, how fast, what it waits for, and where it ends up. */
export function PartPanel({ release, part }: PartPanelProps): ReactElement {
  const words = useWords('release');
  const { error, files, plan, repository, state, waiting } = part;
  const moves = state === 'preparing' || state === 'running' || state === 'waiting' || state === 'stopping';
  const hasBar = moves || state === 'paused' || state === 'failed';
  return (
    <Panel
      title={
        <Group gap="sm">
          <Title order={3} fz="md">
            {words(`part.${part.part}`)}
          </Title>
          <ReleaseState state={state} />
        </Group>
      }
      actions={<Text c="dimmed">{repository}</Text>}
    >
      <Stack gap={8}>
        {state === 'done' && <Outcome part={part} />}
        {hasBar && <Progress part={part} />}
        {waiting !== undefined && (
          <Text c="var(--le-amber)">
            <span role="status">{words(`waiting.${waiting.reason}`)}</span>{' '}
            <Countdown untilMs={waiting.untilMs} />
          </Text>
        )}
        {error !== undefined && <Failure release={release} part={part} />}
        {plan !== undefined && (
          <Fold title={words('plan.title')} summary={planSummary(plan, words)}>
            <PartPlan plan={plan} />
          </Fold>
        )}
        {files.length > 0 && (
          <Fold
            title={words('files.title')}
            summary={words('files.count', {
              done: formatNumber(files.filter(({ state: one }) => one === 'sent' || one === 'reused').length),
              count: files.length,
            })}
          >
            <PartFiles files={files} />
          </Fold>
        )}
      </Stack>
    </Panel>
  );
}

function planSummary(plan: NonNullable<ReleasePartView['plan']>, words: Words): string {
  const count = (change: 'add' | 'replace' | 'same'): number =>
    plan.files.filter((file) => file.change === change).length;
  return words('plan.summary', {
    added: count('add'),
    replaced: count('replace'),
    unchanged: count('same'),
    deleted: plan.deletes.length,
    size: formatBytes(plan.sendBytes),
  });
}

function Progress({ part }: Readonly<{ part: ReleasePartView }>): ReactElement {
  const words = useWords('release');
  const language = useLanguage();
  const { bytesPerSecond, doneBytes, phase, repository, state, totalBytes } = part;
  const isStill = state === 'paused' || state === 'failed';
  const parts = [
    ...(!isStill && phase !== undefined && KNOWN_PHASES.has(phase) ? [words(`phase.${phase}`)] : []),
    ...(totalBytes === 0
      ? []
      : [words('files.bytes', { done: formatBytes(doneBytes), total: formatBytes(totalBytes) })]),
    ...(bytesPerSecond === undefined || bytesPerSecond <= 0 || isStill
      ? []
      : [
          `${formatBytes(bytesPerSecond)}/s`,
          words('files.left', {
            time: formatDuration(uploadMs(totalBytes - doneBytes, bytesPerSecond), language),
          }),
        ]),
  ];
  return (
    <>
      {parts.length > 0 && <Text c="dimmed">{parts.join(' · ')}</Text>}
      {!(isStill && totalBytes === 0) && (
        <ProgressBar
          fraction={totalBytes === 0 ? undefined : doneBytes / totalBytes}
          label={words('files.progressOf', { repository })}
          tone={isStill ? 'amber' : 'accent'}
        />
      )}
    </>
  );
}

/** Phases that jobs of uploads name. */
const KNOWN_PHASES: ReadonlySet<string> = new Set([
  'account',
  'create',
  'check',
  'hash',
  'plan',
  'negotiate',
  'send',
  'commit',
  'verify',
]);

/** Errors that one button mends, each with the word that it gives. */
const MENDS: Readonly<Record<string, 'update-private' | 'update-any'>> = {
  'upload.repository_exists': 'update-private',
  'upload.repository_public': 'update-any',
};
const NEEDS_ACCOUNT: ReadonlySet<string> = new Set([
  'upload.token_needed',
  'upload.token_refused',
  'upload.token_expired',
  'upload.read_only_token',
  'upload.wrong_site',
]);

function Failure({ release, part }: PartPanelProps): ReactElement {
  const words = useWords('release');
  const resume = useAction('releases.resume');
  const { error } = part;
  const existing = error === undefined ? undefined : MENDS[error.code];
  const mend =
    existing !== undefined ? (
      <Button
        size="compact-sm"
        loading={resume.isPending}
        onClick={() => resume.mutate({ release: release.id, existing })}
      >
        {words(`page.${existing === 'update-any' ? 'updatePublic' : 'update'}`)}
      </Button>
    ) : error !== undefined && NEEDS_ACCOUNT.has(error.code) ? (
      <Button component="a" href="#/settings?section=secrets" size="compact-sm">
        {words('where.accounts')}
      </Button>
    ) : undefined;
  return (
    <>
      <ErrorNote error={error} action={mend} />
      {resume.error !== null && <ErrorNote error={resume.error} />}
    </>
  );
}

function Outcome({ part }: Readonly<{ part: ReleasePartView }>): ReactElement {
  const words = useWords('release');
  const { resentBytes = 0, reusedBytes = 0, sentBytes = 0, underReview, url, visibility } = part;
  const Sign = visibility === 'public' ? IconWorld : IconLock;
  return (
    <>
      <Group gap="md">
        {url !== undefined && (
          <Group gap={4}>
            <OutsideLink address={url} open={openAddress}>
              {url}
            </OutsideLink>
            <CopyTextButton text={url} />
          </Group>
        )}
        {visibility !== undefined && visibility !== 'absent' && (
          <Text className={classes['sign'] ?? ''} data-tone={visibility === 'public' ? 'amber' : 'neutral'}>
            <Sign size={16} aria-hidden />
            {words(`visibility.${visibility}`)}
          </Text>
        )}
      </Group>
      <Text c="dimmed">
        {[
          words('outcome.sent', { size: formatBytes(sentBytes) }),
          ...(reusedBytes > 0 ? [words('outcome.reused', { size: formatBytes(reusedBytes) })] : []),
          ...(resentBytes > 0 ? [words('outcome.resent', { size: formatBytes(resentBytes) })] : []),
        ].join(' · ')}
      </Text>
      {underReview === true && <Text role="status">{words('outcome.review')}</Text>}
    </>
  );
}
