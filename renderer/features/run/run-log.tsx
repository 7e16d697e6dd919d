import { useRef, useState, type ReactElement } from 'react';

import { Button, Group, Select, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconArrowBarToDown, IconArrowBarToUp, IconFileText } from '@tabler/icons-react';

import { useReveal } from '../../api/desktop-host.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { RevealButton } from '../../ui/reveal-button.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { LogSearchField } from './log-search-field.tsx';
import { LogView, type LogTarget } from './log-view.tsx';
import { MOST_LINES, reachesEnd, type LogWindow } from './log-window.ts';
import { useLogSearch } from './use-log-search.ts';
import { useLogWindow } from './use-log-window.ts';

const TYPING_MS = 250;

export type RunLogProps = Readonly<{
  runId: string;
  attempts: number;
  isLive: boolean;
  /** The folder of an attempt by its number. */
  dirOf: (attempt: number) => string | undefined;
}>;

/** The log of an attempt, the newest unless another is chosen; it follows the end while the run goes on. */
export function RunLog({ runId, attempts, isLive, dirOf }: RunLogProps): ReactElement {
  const words = useWords('run');
  const [attempt, setAttempt] = useState<number | undefined>(undefined);
  const newest = Math.max(attempts, 1);
  const shown = attempt ?? newest;
  return (
    <LogOfAttempt
      key={`${runId} ${String(shown)}`}
      runId={runId}
      attempt={shown}
      dir={dirOf(shown)}
      isLive={isLive && shown === attempts}
      picker={
        attempts > 1 ? (
          <Select
            size="xs"
            w={150}
            aria-label={words('log.attempt')}
            value={String(shown)}
            onChange={(value) => setAttempt(Number(value) === newest ? undefined : Number(value))}
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
  dir: string | undefined;
  isLive: boolean;
  picker: ReactElement | null;
}>;

function LogOfAttempt({ runId, attempt, dir, isLive, picker }: LogOfAttemptProps): ReactElement {
  const words = useWords('run');
  const reveal = useReveal();
  const isAtEnd = useRef(true);
  const [showsEnd, setShowsEnd] = useState(true);
  const lineCount = useRef(0);
  const { log, error, earlier, later, toEnd, toStart, goTo } = useLogWindow(
    runId,
    attempt,
    isLive,
    () => isAtEnd.current || lineCount.current < MOST_LINES,
  );
  lineCount.current = log?.lines.length ?? 0;
  const [typed, setTyped] = useState('');
  const [settled] = useDebouncedValue(typed, TYPING_MS);
  const search = typed === '' ? '' : settled;
  const found = useLogSearch(runId, attempt, search, log?.sizeBytes ?? 0);
  const [current, setCurrent] = useState<number | undefined>(undefined);
  const [target, setTarget] = useState<LogTarget | undefined>(undefined);
  const jump = async (offset: number): Promise<void> => {
    isAtEnd.current = false;
    setShowsEnd(false);
    setCurrent(offset);
    await goTo(offset);
    setTarget({ offset, time: Date.now() });
  };

  if (error?.code === 'run.no_log' && log === undefined) {
    return (
      <>
        {picker}
        <EmptyState icon={<IconFileText size={36} stroke={1.5} />} sentence={words('log.none')} />
      </>
    );
  }
  if (log === undefined) {
    return error === undefined ? <Skeletons rows={8} /> : <ErrorNote error={error} onRetry={later} />;
  }
  return (
    <div>
      <Group gap="sm" mb={8}>
        <LogSearchField
          value={typed}
          onChange={setTyped}
          found={found}
          current={current}
          onStep={(offset) => void jump(offset)}
        />
        {picker}
        <LogEnds
          log={log}
          isAtEnd={showsEnd}
          onStart={() => {
            isAtEnd.current = false;
            setShowsEnd(false);
            toStart();
            setTarget({ offset: 0, time: Date.now() });
          }}
          onEnd={() => {
            isAtEnd.current = true;
            setShowsEnd(true);
            toEnd();
          }}
        />
        <Text fz="xs" c="dimmed">
          {isLive && showsEnd && reachesEnd(log) ? words('log.follows') : formatBytes(log.sizeBytes)}
        </Text>
        {dir !== undefined && <RevealButton path={`${dir}/log.txt`} reveal={reveal} look="icon" />}
      </Group>
      {error !== undefined && <ErrorNote error={error} onRetry={later} />}
      {found.error !== undefined && <ErrorNote error={found.error} />}
      {log.sizeBytes === 0 ? (
        <EmptyState icon={<IconFileText size={36} stroke={1.5} />} sentence={words('log.empty')} />
      ) : (
        <LogView
          log={log}
          search={search}
          currentOffset={current}
          target={target}
          isAtEnd={isAtEnd}
          onAtEnd={setShowsEnd}
          onNearStart={earlier}
          onNearEnd={() => {
            if (!reachesEnd(log)) later();
          }}
        />
      )}
    </div>
  );
}

function LogEnds({
  log,
  isAtEnd,
  onStart,
  onEnd,
}: Readonly<{ log: LogWindow; isAtEnd: boolean; onStart: () => void; onEnd: () => void }>): ReactElement {
  const words = useWords('run');
  return (
    <Group gap={4}>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconArrowBarToUp size={14} aria-hidden />}
        disabled={log.sizeBytes === 0}
        onClick={onStart}
      >
        {words('log.toStart')}
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconArrowBarToDown size={14} aria-hidden />}
        disabled={isAtEnd && reachesEnd(log)}
        onClick={onEnd}
      >
        {words('log.toEnd')}
      </Button>
    </Group>
  );
}
