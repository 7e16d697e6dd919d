import { Button, Group, Menu, Tabs, Text } from '@mantine/core';
import { IconChevronDown, IconPlus, IconTerminal2 } from '@tabler/icons-react';
import { lazy, Suspense, useState, type ReactElement } from 'react';

import { useAction, useCall } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import type { TerminalView } from '../../../electron/shared/contract/methods/terminal.ts';
import { Skeletons } from '../../ui/skeletons.tsx';
import classes from './terminal.module.css';
import { useTerminals } from './use-terminals.ts';

/** Emulators are heavy; whoever never opens a terminal never fetches one. */
const TerminalPane = lazy(async () => {
  const { TerminalPane: Pane } = await import('./terminal-pane.tsx');
  return { default: Pane };
});

/** What a new shell begins with; its page fits it as soon as it is drawn. */
const FIRST_SIZE = { columns: 120, rows: 30 } as const;

export function TerminalScreen(): ReactElement {
  const words = useWords('terminal');
  const capabilities = useCall('app.capabilities', {});
  const capability = capabilities.data?.terminal;
  if (capabilities.error !== null) {
    return (
      <div className={classes['screen']}>
        <ErrorNote error={capabilities.error} onRetry={() => void capabilities.refetch()} />
      </div>
    );
  }
  if (capability === undefined) return <Skeletons rows={6} />;
  if (!capability.available) {
    return (
      <div className={classes['screen']}>
        <EmptyState icon={<IconTerminal2 size={40} stroke={1.5} />} sentence={words('empty')} />
        <ErrorNote error={{ code: capability.reason ?? 'terminal.not_allowed', params: {} }} />
      </div>
    );
  }
  return <OpenTerminals />;
}

function OpenTerminals(): ReactElement {
  const words = useWords('terminal');
  const terminals = useTerminals();
  const opening = useAction('terminal.open');
  const closing = useAction('terminal.close');
  const [chosen, choose] = useState<string>();
  const { items } = terminals;
  const shown = items?.find(({ terminalId }) => terminalId === chosen) ?? items?.at(-1);
  const open = (folder: 'data' | 'home'): void =>
    opening.mutate(
      { ...FIRST_SIZE, folder },
      {
        onSuccess: (opened) => {
          terminals.add(opened);
          choose(opened.terminalId);
        },
      },
    );
  const openButton = (
    <Button.Group>
      <Button leftSection={<IconPlus size={16} />} loading={opening.isPending} onClick={() => open('data')}>
        {words('new')}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button px={6} aria-label={words('newIn')} disabled={opening.isPending}>
            <IconChevronDown size={16} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => open('data')}>{words('folder.data')}</Menu.Item>
          <Menu.Item onClick={() => open('home')}>{words('folder.home')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  );
  const nameOf = ({ exit, shell, title }: TerminalView): string => {
    const name = title ?? shell;
    return exit === undefined ? name : words('ended', { name });
  };
  const failure = opening.error ?? closing.error ?? terminals.error;
  return (
    <div className={classes['screen']}>
      {failure !== undefined && <ErrorNote error={failure} />}
      {items === undefined && terminals.error === undefined && <Skeletons rows={6} />}
      {items?.length === 0 && (
        <EmptyState
          icon={<IconTerminal2 size={40} stroke={1.5} />}
          sentence={words('empty')}
          action={openButton}
        />
      )}
      {items !== undefined && shown !== undefined && (
        <Tabs
          className={classes['tabs'] ?? ''}
          value={shown.terminalId}
          onChange={(id) => choose(id ?? undefined)}
          keepMounted={false}
        >
          <Group wrap="nowrap" justify="space-between" gap="sm">
            <Tabs.List className={classes['list'] ?? ''} aria-label={words('tabs')}>
              {items.map((terminal, index) => (
                <Tabs.Tab key={terminal.terminalId} value={terminal.terminalId} title={nameOf(terminal)}>
                  <span className={classes['name']}>
                    {index + 1} · {nameOf(terminal)}
                  </span>
                </Tabs.Tab>
              ))}
            </Tabs.List>
            {openButton}
          </Group>
          <Tabs.Panel value={shown.terminalId} className={classes['panel'] ?? ''}>
            <Suspense fallback={<Skeletons rows={6} />}>
              <TerminalPane
                key={shown.terminalId}
                terminal={shown}
                onClose={() => closing.mutate({ terminalId: shown.terminalId })}
              />
            </Suspense>
          </Tabs.Panel>
          <Text c="dimmed" fz="xs" className={classes['keys'] ?? ''}>
            {words('keys')}
          </Text>
        </Tabs>
      )}
    </div>
  );
}
