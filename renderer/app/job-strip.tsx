import { useState, type ReactElement, type ReactNode } from 'react';
import { IconDownload, IconListNumbers, IconLoader } from '@tabler/icons-react';
import { Link } from 'react-router';

import type { LiveJob } from '../../electron/shared/contract/methods/jobs.ts';
import type { QueueView } from '../../electron/shared/contract/methods/queue.ts';
import type { RunSummary } from '../../electron/shared/contract/methods/runs.ts';
import type { RuntimeTopicData } from '../../electron/shared/contract/methods/runtime.ts';
import { useTopic } from '../api/hooks.ts';
import { useQueue } from '../api/use-queue.ts';
import { formatBytes, formatDuration, formatLoss, formatNumber } from '../i18n/format.ts';
import { useLanguage, useWords } from '../i18n/use-words.ts';
import { useLiveRuns } from '../state/live-runs.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { Quantity } from '../ui/quantity.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import classes from './job-strip.module.css';

/** One line a job that computes, and one for what waits, on every screen; a click opens it. */
export function JobStrip(): ReactElement | null {
  const words = useWords('common');
  const runs = useLiveRuns();
  const queue = useQueue();
  const [jobs, setJobs] = useState<readonly LiveJob[]>([]);
  const [runtime, setRuntime] = useState<RuntimeTopicData | undefined>(undefined);
  useTopic('jobs', (frame) => {
    if ('jobs' in frame) setJobs(frame.jobs);
  });
  useTopic('runtime', (frame) => setRuntime(frame));
  const isInstalling = runtime?.state === 'installing';
  const isWaiting = queue !== undefined && queue.items.length > 0;
  if (runs.length === 0 && jobs.length === 0 && !isInstalling && !isWaiting) return null;
  return (
    <aside className={classes['strip']} aria-label={words('strip.label')}>
      {runs.map((run) => (
        <RunLine key={run.id} run={run} />
      ))}
      {jobs.map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
      {isInstalling && <InstallLine runtime={runtime} />}
      {isWaiting && <QueueLine queue={queue} />}
    </aside>
  );
}

type LineProps = Readonly<{ to: string; opens: string; children: ReactNode }>;

function Line({ to, opens, children }: LineProps): ReactElement {
  return (
    <Link to={to} className={classes['line'] ?? ''} title={opens}>
      {children}
    </Link>
  );
}

type BarProps = Readonly<{ label: string; fraction: number | undefined }>;

function Bar(props: BarProps): ReactElement {
  return (
    <span className={classes['bar']}>
      <ProgressBar {...props} />
    </span>
  );
}

function RunLine({ run }: Readonly<{ run: RunSummary }>): ReactElement {
  const words = useWords('common');
  const language = useLanguage();
  return (
    <Line to={`/runs/${run.id}`} opens={words('strip.open', { name: run.name })}>
      <StateBadge state={run.state} />
      <strong className={classes['name']}>{run.name}</strong>
      <span>{words('strip.step', { step: formatNumber(run.step), steps: formatNumber(run.steps) })}</span>
      {run.loss !== undefined && <span>{words('strip.loss', { loss: formatLoss(run.loss) })}</span>}
      {run.tokensPerSecond !== undefined && (
        <Quantity value={formatNumber(run.tokensPerSecond)} unit="tok/s" />
      )}
      {run.etaMs !== undefined && (
        <span>{words('strip.remaining', { duration: formatDuration(run.etaMs, language) })}</span>
      )}
      <Bar label={run.name} fraction={run.steps === undefined ? undefined : run.step / run.steps} />
    </Line>
  );
}

const pathOf = ({ place }: LiveJob): string => {
  switch (place?.kind) {
    case 'dataset':
      return `/datasets/${place.id}`;
    case 'run':
      return `/runs/${place.id}`;
    case undefined:
      return '/datasets';
  }
};

function JobLine({ job }: Readonly<{ job: LiveJob }>): ReactElement {
  const words = useWords('common');
  const language = useLanguage();
  const { progress } = job;
  const amount = (value: number): string =>
    progress?.unit === 'bytes' ? formatBytes(value) : formatNumber(value);
  const total = progress?.total ?? undefined;
  const title = words(`strip.job.${job.kind}`);
  return (
    <Line to={pathOf(job)} opens={words('strip.openJob', { job: title, name: job.name })}>
      <span className={classes['kind']}>
        <IconLoader size={14} stroke={2} aria-hidden />
        {title}
      </span>
      <strong className={classes['name']}>{job.name}</strong>
      {progress !== undefined && (
        <span>
          {total === undefined ? amount(progress.done) : `${amount(progress.done)} / ${amount(total)}`}
          {progress.unit === 'bytes' ? '' : ` ${words(`strip.unit.${progress.unit}`)}`}
        </span>
      )}
      {typeof progress?.etaMs === 'number' && (
        <span>{words('strip.remaining', { duration: formatDuration(progress.etaMs, language) })}</span>
      )}
      <Bar
        label={job.name}
        fraction={progress === undefined || total === undefined ? undefined : progress.done / total}
      />
    </Line>
  );
}

function InstallLine({ runtime }: Readonly<{ runtime: RuntimeTopicData }>): ReactElement {
  const words = useWords('common');
  const { progress, variant = '' } = runtime;
  const title = words('strip.install');
  const share =
    progress === undefined || progress.packagesTotal === 0
      ? undefined
      : progress.packagesDone / progress.packagesTotal;
  return (
    <Line to="/" opens={words('strip.openJob', { job: title, name: variant })}>
      <span className={classes['kind']}>
        <IconDownload size={14} stroke={2} aria-hidden />
        {title}
      </span>
      <strong className={classes['name']}>{variant}</strong>
      {progress?.package !== undefined && <span>{progress.package}</span>}
      {progress !== undefined && progress.downloadedBytes > 0 && (
        <span>{formatBytes(progress.downloadedBytes)}</span>
      )}
      <Bar label={title} fraction={share} />
    </Line>
  );
}

function QueueLine({ queue }: Readonly<{ queue: QueueView }>): ReactElement {
  const words = useWords('common');
  const count = queue.items.length;
  const next = queue.items[0]?.run.name ?? '';
  return (
    <Line to="/" opens={words('strip.openQueue')}>
      <span className={classes['kind']} data-tone={queue.paused ? 'amber' : undefined}>
        <IconListNumbers size={14} stroke={2} aria-hidden />
        {words(queue.paused ? 'strip.paused' : 'strip.queued', { count })}
      </span>
      <span className={classes['name']}>{words('strip.next', { name: next })}</span>
    </Line>
  );
}
