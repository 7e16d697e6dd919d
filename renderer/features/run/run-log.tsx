import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react';

import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { IconFileText, IconSearch } from '@tabler/icons-react';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { studio } from '../../api/studio-client.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { joinLog, splitMatches, type LogText } from './log-text.ts';
import classes from './run.module.css';

const PAGE_BYTES = 65_536;
const POLL_MS = 1500;
/** Matches that are marked at most; their number is counted in full. */
const MOST_MARKS = 500;

export type RunLogProps = Readonly<{ runId: string; attempts: number; isLive: boolean }>;

/** The log of an attempt from its end backwards, a page at a time; it follows the end while the run goes on. */
export function RunLog({ runId, attempts, isLive }: RunLogProps): ReactElement {
  const words = useWords('run');
  const [attempt, setAttempt] = useState<number | undefined>(undefined);
  const shown = attempt ?? Math.max(attempts, 1);
  return (
    <LogOfAttempt
      key={`${runId} ${String(shown)}`}
      runId={runId}
      attempt={shown}
      isLive={isLive && shown === attempts}
      picker={
        attempts > 1 ? (
          <Select
            size="xs"
            w={140}
            aria-label={words('log.attempt')}
            value={String(shown)}
            onChange={(value) => setAttempt(Number(value))}
            data={Array.from({ length: attempts }, (_, at) => ({
              value: String(at + 1),
              label: words('log.attemptN', { number: at + 1 }),
            }))}
            allowDeselect={false}
          />
        ) : null
      }
    />
  );
}

type LogOfAttemptProps = Readonly<{
  runId: string;
  attempt: number;
  isLive: boolean;
  picker: ReactElement | null;
}>;

function LogOfAttempt({ runId, attempt, isLive, picker }: LogOfAttemptProps): ReactElement {
  const words = useWords('run');
  const [log, setLog] = useState<LogText | undefined>(undefined);
  const [error, setError] = useState<StudioError | undefined>(undefined);
  const [search, setSearch] = useState('');
  const box = useRef<HTMLPreElement>(null);
  const followsEnd = useRef(true);
  const known = useRef(log);

  const read = async (offset: number | undefined, limitBytes: number): Promise<void> => {
    try {
      await studio.ready();
      const page = await studio.client.call('runs.log', {
        run: runId,
        attempt,
        limitBytes,
        ...(offset === undefined ? {} : { offset }),
      });
      known.current = joinLog(known.current, page);
      setLog(known.current);
      setError(undefined);
    } catch (thrown) {
      setError(thrown as StudioError);
    }
  };
  const readRef = useRef(read);
  readRef.current = read;
  useEffect(() => {
    void readRef.current(undefined, PAGE_BYTES);
    if (!isLive) return undefined;
    const timer = setInterval(() => void readRef.current(known.current?.nextOffset, PAGE_BYTES), POLL_MS);
    return () => clearInterval(timer);
  }, [isLive]);
  useEffect(() => {
    if (followsEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [log]);

  const parts = useMemo(() => splitMatches(log?.text ?? '', search, MOST_MARKS), [log?.text, search]);
  if (log === undefined && error !== undefined) {
    if (error.code === 'run.no_log')
      return <EmptyState icon={<IconFileText size={36} stroke={1.5} />} sentence={words('log.none')} />;
    return <ErrorNote error={error} onRetry={() => void read(undefined, PAGE_BYTES)} />;
  }
  return (
    <div>
      <Group gap="sm" mb={8}>
        <TextInput
          size="xs"
          w={260}
          leftSection={<IconSearch size={14} aria-hidden />}
          placeholder={words('log.search')}
          aria-label={words('log.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        {search !== '' && (
          <Text fz="xs" role="status">
            {words('log.matches', { count: parts.count })}
          </Text>
        )}
        {picker}
        {log !== undefined && log.offset > 0 && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              followsEnd.current = false;
              void read(Math.max(0, log.offset - PAGE_BYTES), Math.min(PAGE_BYTES, log.offset));
            }}
          >
            {words('log.earlier', { size: formatBytes(log.offset) })}
          </Button>
        )}
      </Group>
      <pre
        ref={box}
        className={classes['log']}
        tabIndex={0}
        aria-label={words('tab.log')}
        onScroll={(event) => {
          const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
          followsEnd.current = scrollTop + clientHeight > scrollHeight - 24;
        }}
      >
        {log?.text === ''
          ? words('log.empty')
          : parts.pieces.map((piece, at) =>
              piece.isMatch ? (
                <mark key={at} className={classes['hit']}>
                  {piece.text}
                </mark>
              ) : (
                piece.text
              ),
            )}
      </pre>
    </div>
  );
}
