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
import { describeVerdict } from '../../../electron/shared/domain/verdict-words.ts';
import { useErrorLanguage } from '../../i18n/use-words.ts';
import classes from './run.module.css';

const SIGNS: Readonly<Record<VerdictLevel, Icon>> = {
  good: IconCircleCheck,
  attention: IconAlertTriangle,
  bad: IconXboxX,
  neutral: IconInfoCircle,
};

/** How the run is, in one sentence, and the rule that says so. */
export function VerdictLine({ verdict }: Readonly<{ verdict: Verdict }>): ReactElement {
  const language = useErrorLanguage();
  const { level } = verdict;
  const Sign = SIGNS[level];
  const { sentence, rule } = describeVerdict(verdict, language);
  return (
    <div className={classes['verdict']} data-level={level} role="status">
      <Sign size={18} aria-hidden />
      <Text fw={600}>{sentence}</Text>
      <Text c="dimmed" fz="xs">
        {rule}
      </Text>
    </div>
  );
}
