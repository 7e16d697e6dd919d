import type { ReactElement } from 'react';

import { Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

import { describeError } from '../../../electron/shared/contract/errors/index.ts';
import { EVENT_DATA } from '../../../electron/shared/protocol/events.ts';
import { useCall } from '../../api/hooks.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import classes from './run.module.css';

const MOST = 200;

/**
 * What a run did otherwise than it was asked to (8 bits that cost too much, a pass that ran out of memory and was made
 * smaller): each kind once, as last said. `mark` changes when there may be more.
 */
export function RunWarnings({ runId, mark }: Readonly<{ runId: string; mark: string }>): ReactElement | null {
  const words = useWords('run');
  const language = useErrorLanguage();
  const events = useCall(
    'runs.events',
    { run: runId, types: ['warning'], limit: MOST },
    { mark, keepPrevious: true },
  );
  const newest = new Map<string, string>();
  for (const { data } of events.data?.items ?? []) {
    const warning = EVENT_DATA.warning.safeParse(data).data;
    if (warning !== undefined) newest.set(warning.code, describeError(warning, language).message);
  }
  if (newest.size === 0) return null;
  return (
    <div className={classes['warnings']} role="group" aria-label={words('warnings')}>
      <IconAlertTriangle size={16} aria-hidden />
      <ul>
        {[...newest].map(([code, message]) => (
          <li key={code}>
            {message}{' '}
            <Text span ff="monospace" fz="xs" c="dimmed">
              {code}
            </Text>
          </li>
        ))}
      </ul>
    </div>
  );
}
