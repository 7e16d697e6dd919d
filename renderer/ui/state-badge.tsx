import {
  IconAlertCircle,
  IconAlertTriangle,
  IconBolt,
  IconCircleCheck,
  IconHourglass,
  IconListNumbers,
  IconLoader,
  IconPlayerPause,
  IconPlayerStop,
  type Icon,
} from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { useWords } from '../i18n/use-words.ts';
import classes from './state-badge.module.css';

export type BadgeState =
  | 'queued'
  | 'starting'
  | 'running'
  | 'stopping'
  | 'done'
  | 'stopped'
  | 'failed'
  | 'interrupted'
  | 'importing'
  | 'merging'
  | 'ready';

type Look = Readonly<{ icon: Icon; tone: 'neutral' | 'accent' | 'amber' | 'red' | 'green' }>;

/** Green is kept for what was verified, so an ended run is neutral. */
const LOOKS: Readonly<Record<BadgeState, Look>> = {
  queued: { icon: IconListNumbers, tone: 'neutral' },
  starting: { icon: IconHourglass, tone: 'accent' },
  running: { icon: IconBolt, tone: 'accent' },
  stopping: { icon: IconPlayerPause, tone: 'amber' },
  done: { icon: IconCircleCheck, tone: 'neutral' },
  stopped: { icon: IconPlayerStop, tone: 'neutral' },
  failed: { icon: IconAlertCircle, tone: 'red' },
  interrupted: { icon: IconAlertCircle, tone: 'amber' },
  importing: { icon: IconLoader, tone: 'accent' },
  merging: { icon: IconLoader, tone: 'accent' },
  ready: { icon: IconCircleCheck, tone: 'neutral' },
};

export type StateBadgeProps = Readonly<{
  state: BadgeState;
  /** What about it needs a person, in words. */
  attention?: string | undefined;
}>;

/** A state as icon and word; never colour alone. */
export function StateBadge({ state, attention }: StateBadgeProps): ReactElement {
  const words = useWords('common');
  const { icon: Sign, tone } = LOOKS[state];
  return (
    <span className={classes['badge']} data-tone={tone}>
      <Sign size={14} stroke={2} aria-hidden />
      {words(`state.${state}`)}
      {attention !== undefined && (
        <span role="img" aria-label={attention} title={attention} className={classes['attention']}>
          <IconAlertTriangle size={14} stroke={2} aria-hidden />
        </span>
      )}
    </span>
  );
}
