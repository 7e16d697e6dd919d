import type { ReactElement } from 'react';
import { Link } from 'react-router';

import { formatDuration, formatLoss, formatNumber } from '../i18n/format.ts';
import { useLanguage, useWords } from '../i18n/use-words.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { Quantity } from '../ui/quantity.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import classes from './job-strip.module.css';
import { useLiveRuns } from '../state/live-runs.ts';

/** One line a live run, on every screen; a click opens it. */
export function JobStrip(): ReactElement | null {
  const words = useWords('common');
  const language = useLanguage();
  const runs = useLiveRuns();
  if (runs.length === 0) return null;
  return (
    <aside className={classes['strip']} aria-label={words('strip.label')}>
      {runs.map((run) => (
        <Link
          key={run.id}
          to={`/runs/${run.id}`}
          className={classes['line'] ?? ''}
          aria-label={words('strip.open', { name: run.name })}
        >
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
          <span className={classes['bar']}>
            <ProgressBar
              label={run.name}
              fraction={run.steps === undefined ? undefined : run.step / run.steps}
            />
          </span>
        </Link>
      ))}
    </aside>
  );
}
