import { Anchor, Group, Text } from '@mantine/core';
import { useRef, useState, type ReactElement } from 'react';
import { Link } from 'react-router';

import { useWords } from '../../i18n/use-words.ts';
import type { TerminalExit, TerminalView } from '../../../electron/shared/contract/methods/terminal.ts';
import { CloseTerminal } from './close-terminal.tsx';
import { LinkDialog } from './link-dialog.tsx';
import { SearchBar } from './search-bar.tsx';
import classes from './terminal.module.css';
import { useEmulator } from './use-emulator.ts';

export type TerminalPaneProps = Readonly<{ terminal: TerminalView; onClose: () => void }>;

/** One terminal's screen, drawn anew from the core whenever it is shown. */
export function TerminalPane({ terminal, onClose }: TerminalPaneProps): ReactElement {
  const words = useWords('terminal');
  const screen = useRef<HTMLDivElement>(null);
  const [address, setAddress] = useState<string>();
  const [searching, setSearching] = useState(false);
  const emulator = useEmulator(screen, terminal.terminalId, {
    onLink: setAddress,
    onSearch: () => setSearching(true),
  });
  return (
    <div className={classes['pane']}>
      <Group gap="xs" justify="space-between" wrap="nowrap">
        <Text c="dimmed" fz="xs" truncate title={terminal.folder}>
          {words('folderIs', { folder: terminal.folder })}
        </Text>
        {terminal.pythonFolder === undefined && (
          <Text fz="xs">
            {words('noRuntime')}{' '}
            <Anchor component={Link} to="/" fz="xs">
              {words('toRuntime')}
            </Anchor>
          </Text>
        )}
        <CloseTerminal terminal={terminal} onClose={onClose} />
      </Group>
      {searching ? (
        <SearchBar
          onFind={(text, direction) => emulator()?.search(text, direction) ?? false}
          onClose={() => {
            setSearching(false);
            emulator()?.endSearch();
            emulator()?.focus();
          }}
        />
      ) : undefined}
      <div className={classes['frame']}>
        <div ref={screen} className={classes['emulator']} />
      </div>
      {terminal.exit !== undefined && (
        <Text role="status" fw={600}>
          <ExitText exit={terminal.exit} />
        </Text>
      )}
      <LinkDialog address={address} onClose={() => setAddress(undefined)} />
    </div>
  );
}

/** The signal first: it is why the shell ended, whatever code came with it. */
function ExitText({ exit }: Readonly<{ exit: TerminalExit }>): ReactElement {
  const words = useWords('terminal');
  if (exit.signal !== undefined) return <>{words('exitSignal', { signal: exit.signal })}</>;
  if (exit.exitCode !== undefined) return <>{words('exitCode', { code: exit.exitCode })}</>;
  return <>{words('exitUnknown')}</>;
}
