import { useState, type ReactElement } from 'react';

import { ActionIcon, Menu, ScrollArea, Text, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconCheck, IconStackFront } from '@tabler/icons-react';

import { useCall } from '../../api/hooks.ts';
import { formatLoss } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { setReferenceRun } from '../../state/reference-runs.ts';
import { ErrorNote } from '../../ui/error-note.tsx';

/** Runs offered at once; the search finds the others. */
const OFFERED = 8;
const TYPING_PAUSE_MS = 150;

/** Chooses the run whose loss is laid over this run's, dashed. */
export function ReferenceMenu({
  runId,
  reference,
}: Readonly<{ runId: string; reference: string | undefined }>): ReactElement {
  const words = useWords('run');
  const [opened, setOpened] = useState(false);
  const [search, setSearch] = useState('');
  const [asked] = useDebouncedValue(search, TYPING_PAUSE_MS);
  // One more than is offered, because this run may be among them.
  const { data, error, refetch } = useCall(
    'runs.list',
    { search: asked, limit: OFFERED + 1, sort: 'createdAtMs', descending: true },
    { enabled: opened, keepPrevious: true },
  );
  const offered = (data?.items ?? []).filter((run) => run.id !== runId).slice(0, OFFERED);
  const choose = (id: string | undefined): void => {
    setReferenceRun(runId, id);
    setSearch('');
  };
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-end" width={320}>
      <Menu.Target>
        <Tooltip label={words('reference.choose')}>
          <ActionIcon
            size="sm"
            variant={reference === undefined ? 'subtle' : 'light'}
            aria-label={words('reference.choose')}
          >
            <IconStackFront size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <TextInput
          m={4}
          size="xs"
          data-autofocus
          aria-label={words('reference.search')}
          placeholder={words('reference.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        {error !== null && <ErrorNote error={error} onRetry={() => void refetch()} />}
        <ScrollArea.Autosize mah={280}>
          {offered.map((run) => (
            <Menu.Item
              key={run.id}
              onClick={() => choose(run.id)}
              aria-current={run.id === reference}
              leftSection={run.id === reference ? <IconCheck size={14} aria-hidden /> : undefined}
              rightSection={
                <Text fz="xs" c="dimmed">
                  {formatLoss(run.loss)}
                </Text>
              }
            >
              {run.name}
            </Menu.Item>
          ))}
        </ScrollArea.Autosize>
        {data !== undefined && offered.length === 0 && (
          <Text fz="xs" c="dimmed" p="xs">
            {words(asked === '' ? 'reference.none' : 'reference.notFound')}
          </Text>
        )}
        {reference !== undefined && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => choose(undefined)}>{words('reference.remove')}</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
