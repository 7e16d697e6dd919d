import { Title } from '@mantine/core';
import type { ReactElement } from 'react';

import { TRAINABLE_KINDS, isUsable } from '../../../electron/shared/domain/model-kinds.ts';
import { useCall } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { DemoPanel } from './demo-panel.tsx';
import { HealthPanel } from './health-panel.tsx';
import classes from './home-screen.module.css';
import { nextStep } from './next-step.ts';
import { NextStepPanel } from './next-step-panel.tsx';
import { QueuePanel } from './queue-panel.tsx';
import { RecentRuns } from './recent-runs.tsx';

const RECENT = 8;

/** What is running, what is healthy, what to do next. */
export function HomeScreen(): ReactElement {
  const words = useWords('home');
  const runs = useCall('runs.list', { limit: RECENT });
  const datasets = useCall('datasets.list', { limit: 500 });
  const models = useCall('models.list', { kinds: [...TRAINABLE_KINDS], limit: 500 });
  const error = runs.error ?? datasets.error ?? models.error;
  const ready = datasets.data?.items.filter((dataset) => dataset.state === 'ready').length;
  const usable = models.data?.items.filter(isUsable).length;
  return (
    <div className={classes['screen']}>
      <Title order={1}>{words('title')}</Title>
      <div className={classes['columns']}>
        <div className={classes['column']}>
          {error !== null && (
            <ErrorNote
              error={error}
              onRetry={() => {
                void runs.refetch();
                void datasets.refetch();
                void models.refetch();
              }}
            />
          )}
          {error === null && (runs.data === undefined || ready === undefined || usable === undefined) && (
            <Skeletons rows={8} />
          )}
          {runs.data !== undefined && ready !== undefined && usable !== undefined && (
            <>
              <NextStepPanel step={nextStep(runs.data.items, ready, usable)} />
              <QueuePanel />
              <RecentRuns runs={runs.data.items} />
            </>
          )}
        </div>
        <div className={classes['column']}>
          <HealthPanel />
          <DemoPanel />
        </div>
      </div>
    </div>
  );
}
