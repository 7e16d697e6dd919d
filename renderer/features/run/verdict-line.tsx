import type { ReactElement } from 'react';

import { Text } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconInfoCircle,
  IconXboxX,
  type Icon,
} from '@tabler/icons-react';

import type { Verdict, VerdictLevel } from '../../../electron/shared/domain/verdict.ts';
import { formatLoss, formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import classes from './run.module.css';

const SIGNS: Readonly<Record<VerdictLevel, Icon>> = {
  good: IconCircleCheck,
  attention: IconAlertTriangle,
  bad: IconXboxX,
  neutral: IconInfoCircle,
};

const LOSSES: ReadonlySet<string> = new Set(['loss', 'firstLoss', 'bestLoss', 'lastLoss']);

/** How the run is, in one sentence, and the rule that says so. */
export function VerdictLine({ verdict }: Readonly<{ verdict: Verdict }>): ReactElement {
  const words = useWords('run');
  const { level, rule } = verdict;
  const Sign = SIGNS[level];
  const params = Object.fromEntries(
    Object.entries(verdict.params).map(([name, value]) => [
      name,
      LOSSES.has(name) ? formatLoss(value) : formatNumber(value),
    ]),
  );
  return (
    <div className={classes['verdict']} data-level={level} role="status">
      <Sign size={18} aria-hidden />
      <Text fw={600}>{words(`verdict.${rule}`, params)}</Text>
      <Text c="dimmed" fz="xs">
        {words(`rule.${rule}`, params)}
      </Text>
    </div>
  );
}
