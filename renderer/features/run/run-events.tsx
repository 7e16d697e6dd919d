import { useEffect, useState, type ReactElement } from 'react';

import { Button } from '@mantine/core';
import { IconListDetails } from '@tabler/icons-react';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { OutputOf } from '../../api/hooks.ts';
import { studio } from '../../api/studio-client.ts';
import { formatTime } from '../../i18n/format.ts';
import { useErrorLanguage, useLanguage, useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { eventSentence } from './event-sentence.ts';
import classes from './run.module.css';

type EventRow = OutputOf<'runs.events'>['items'][number];

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
const PAGE = 200;

/** What happened in a run, oldest first. `mark` changes when there may be more. */
export function RunEvents({ runId, mark }: Readonly<{ runId: string; mark: string }>): ReactElement {
  const words = useWords('run');
  const language = useLanguage();
  const errorLanguage = useErrorLanguage();
  const [rows, setRows] = useState<readonly EventRow[]>([]);
  const [more, setMore] = useState(false);
  const [error, setError] = useState<StudioError | undefined>(undefined);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    const last = rows.at(-1);
    const ask = async (): Promise<void> => {
      try {
        await studio.ready();
        const page = await studio.client.call('runs.events', {
          run: runId,
          types: TYPES,
          limit: PAGE,
          ...(last === undefined ? {} : { after: { attempt: last.attempt, seq: last.seq } }),
        });
        if (!isCurrent) return;
        setRows((known) => [...known, ...page.items]);
        setMore(page.more);
        setError(undefined);
      } catch (thrown) {
        if (isCurrent) setError(thrown as StudioError);
      }
    };
    void ask();
    return () => {
      isCurrent = false;
    };
    // Rows are where the next page begins, not a reason to ask for it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [runId, mark, asked]);
  if (error !== undefined && rows.length === 0)
    return <ErrorNote error={error} onRetry={() => setAsked(asked + 1)} />;
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
        <Button size="compact-sm" variant="default" m="xs" onClick={() => setAsked(asked + 1)}>
          {words('events.more')}
        </Button>
      )}
    </div>
  );
}
