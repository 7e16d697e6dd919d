import {
  IconAlertCircle,
  IconBan,
  IconCircleCheck,
  IconCloudUpload,
  IconHourglass,
  IconListCheck,
  IconListNumbers,
  IconPlayerPause,
  type Icon,
} from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { useWords } from '../../i18n/use-words.ts';
import type { PartStateName } from './release-standing.ts';
import classes from './release.module.css';

type Look = Readonly<{ Sign: Icon; tone: 'neutral' | 'accent' | 'amber' | 'red' | 'green' }>;

/** Green: what the hub lists was compared with what was sent. */
const LOOKS: Readonly<Record<PartStateName, Look>> = {
  preparing: { Sign: IconHourglass, tone: 'accent' },
  queued: { Sign: IconListNumbers, tone: 'neutral' },
  running: { Sign: IconCloudUpload, tone: 'accent' },
  waiting: { Sign: IconHourglass, tone: 'amber' },
  stopping: { Sign: IconPlayerPause, tone: 'amber' },
  planned: { Sign: IconListCheck, tone: 'neutral' },
  paused: { Sign: IconPlayerPause, tone: 'amber' },
  failed: { Sign: IconAlertCircle, tone: 'red' },
  done: { Sign: IconCircleCheck, tone: 'green' },
  cancelled: { Sign: IconBan, tone: 'neutral' },
};

/** How a release or one of its repositories stands, as sign and word. */
export function ReleaseState({ state }: Readonly<{ state: PartStateName }>): ReactElement {
  const words = useWords('release');
  const { Sign, tone } = LOOKS[state];
  return (
    <span className={classes['sign']} data-tone={tone}>
      <Sign size={16} aria-hidden />
      {words(`state.${state}`)}
    </span>
  );
}
