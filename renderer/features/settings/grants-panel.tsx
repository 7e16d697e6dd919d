import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import { useAction, useCall } from '../../api/hooks.ts';
import { choosePathsNatively } from '../../api/rig-files.ts';
import { useSettings } from '../../api/use-settings.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { CopyTextButton } from '../../ui/copy-text-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { SettingRow } from './setting-row.tsx';

const ONCE = 'legal-eagle serve --grant DIR';
const FOR_GOOD = 'legal-eagle settings grant DIR';

/** Folders that pages may choose files from. Only a dialog of the machine's own, or its command line, adds one. */
export function GrantsPanel(): ReactElement {
  const words = useWords('settings');
  const settings = useSettings();
  const revoke = useAction('settings.revokeFolder');
  return (
    <Panel title={words('section.grants')} actions={choosePathsNatively !== undefined && <AddFolder />}>
      <Text c="dimmed" mb={8}>
        {words('grants.what')}
      </Text>
      {settings === undefined && <Skeletons rows={2} />}
      {settings?.grantedRoots.length === 0 && <Text>{words('grants.none')}</Text>}
      {settings?.grantedRoots.map((root) => (
        <SettingRow key={root} name={<Text ff="monospace">{root}</Text>}>
          <ConfirmButton
            question={words('grants.revokeQuestion', { folder: root })}
            consequence={words('grants.revokeConsequence')}
            confirm={words('grants.revoke')}
            loading={revoke.isPending}
            onConfirm={() => revoke.mutate({ root })}
            label={words('grants.revokeLabel', { folder: root })}
            button={{ size: 'compact-sm' }}
          >
            {words('grants.revoke')}
          </ConfirmButton>
        </SettingRow>
      ))}
      {revoke.error !== null && <ErrorNote error={revoke.error} />}
      {choosePathsNatively === undefined && <HowElsewhere />}
    </Panel>
  );
}

function AddFolder(): ReactElement {
  const words = useWords('settings');
  const grant = useAction('settings.grantFolder');
  const [error, setError] = useState<unknown>();
  const add = async (): Promise<void> => {
    setError(undefined);
    try {
      const paths = (await choosePathsNatively?.({ title: words('grants.add'), choose: 'folder' })) ?? [];
      for (const path of paths) await grant.mutateAsync({ path });
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <>
      {error !== undefined && <ErrorNote error={error} />}
      <Button size="compact-sm" loading={grant.isPending} onClick={() => void add()}>
        {words('grants.add')}
      </Button>
    </>
  );
}

/** A browser says why it cannot, and what to type instead. */
function HowElsewhere(): ReactElement {
  const words = useWords('settings');
  const capabilities = useCall('app.capabilities', {});
  if (capabilities.data?.nativeDialogs.available !== false) return <></>;
  return (
    <Stack gap={4} mt="md">
      <Text>{words('grants.why')}</Text>
      {[
        { command: ONCE, key: 'once' },
        { command: FOR_GOOD, key: 'forGood' },
      ].map(({ command, key }) => (
        <Group key={key} gap="xs">
          <Text w={96}>{words(`grants.${key}`)}</Text>
          <Code>{command}</Code>
          <CopyTextButton text={command} />
        </Group>
      ))}
    </Stack>
  );
}
