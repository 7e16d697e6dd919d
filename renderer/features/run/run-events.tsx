import type { ReactElement } from 'react';

import { Button } from '@mantine/core';
import { IconListDetails } from '@tabler/icons-react';

import { formatTime } from '../../i18n/format.ts';
import { useErrorLanguage, useLanguage, useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { eventSentence } from './event-sentence.ts';
import classes from './run.module.css';
import { useRunEvents } from './use-run-events.ts';

/** Steps are curves, not news. */
const TYPES = [
  'started',
  'phase',
  'device',
  'memory',
  'plan',
  'eval',
  'sample',
  'checkpoint',
  'checkpoint-removed',
  'control-ack',
  'control-done',
  'warning',
  'error',
  'result',
  'ended',
];

/** What happened in a run, oldest first. `mark` changes when there may be more. */
export function RunEvents({ runId, mark }: Readonly<{ runId: string; mark: string }>): ReactElement {
  const words = useWords('run');
  const language = useLanguage();
  const errorLanguage = useErrorLanguage();
  const { rows, more, error, ask } = useRunEvents(runId, TYPES, mark);
  if (error !== undefined && rows.length === 0) return <ErrorNote error={error} onRetry={ask} />;
  if (rows.length === 0)
    return <EmptyState icon={<IconListDetails size={36} stroke={1.5} />} sentence={words('events.none')} />;
  return (
    <div className={classes['scrolled']} tabIndex={0} role="region" aria-label={words('tab.events')}>
      <table className={classes['table']}>
        <tbody>
          {rows.map((row) => (
            <tr key={`${String(row.attempt)} ${String(row.seq)}`}>
              <td className={classes['eventCell']}>{formatTime(row.atMs, language)}</td>
              <td className={classes['eventCell']}>{words(`event.${row.type}`)}</td>
              <td>
                <details className={classes['raw']}>
                  <summary title={words('events.raw')}>
                    {eventSentence(row.type, row.data, { words, language, errorLanguage }) ??
                      words('events.unknown')}
                  </summary>
                  <pre>{JSON.stringify(row.data, undefined, 2)}</pre>
                </details>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more && (
        <Button size="compact-sm" variant="default" m="xs" onClick={ask}>
          {words('events.more')}
        </Button>
      )}
    </div>
  );
}
