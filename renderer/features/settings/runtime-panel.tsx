import { Button, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';
import { Link } from 'react-router';

import type { RuntimeTopicData } from '../../../electron/shared/contract/methods/runtime.ts';
import { useAction, useCall, useTopic } from '../../api/hooks.ts';
import { queryClient } from '../../api/query-client.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { CopyTextButton } from '../../ui/copy-text-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { MirrorChoice } from './mirror-choice.tsx';
import { SettingRow } from './setting-row.tsx';

/** The Python environments that stand, the one that fits, and where packages come from. */
export function RuntimePanel(): ReactElement {
  const words = useWords('settings');
  const language = useErrorLanguage();
  const status = useCall('runtime.status', {});
  const repair = useAction('runtime.install');
  const [frame, setFrame] = useState<RuntimeTopicData>();
  useTopic('runtime', (data) => {
    setFrame(data);
    if (data.state === 'done') void queryClient.invalidateQueries({ queryKey: ['runtime'] });
  });
  const standing = status.data?.environments.filter((one) => one.installed) ?? [];
  // In a checkout jobs may run on its test environment, which is none of the training variants.
  const isForeign = status.data?.environments.every((one) => one.variant !== status.data.current) ?? false;
  const isInstalling = frame?.state === 'installing';
  return (
    <Panel
      title={words('section.runtime')}
      actions={
        <Button component={Link} to="/" variant="default" size="compact-sm">
          {words('runtime.open')}
        </Button>
      }
    >
      {status.error !== null && <ErrorNote error={status.error} onRetry={() => void status.refetch()} />}
      {status.isPending && <Skeletons rows={3} />}
      {status.data !== undefined && (
        <>
          <SettingRow
            name={words('runtime.current', { variant: status.data.current })}
            hint={status.data.choice.reason[language]}
          />
          {standing.length === 0 && !isForeign && <Text py={10}>{words('runtime.none')}</Text>}
          {standing.map((one) => (
            <SettingRow
              key={one.variant}
              name={words('runtime.standing', { variant: one.variant, python: one.pythonVersion ?? '' })}
              hint={one.path}
            >
              <CopyTextButton text={one.path} label={words('copyPath')} />
              <ConfirmButton
                question={words('runtime.repairQuestion', { variant: one.variant })}
                consequence={words('runtime.repairConsequence')}
                confirm={words('runtime.repair')}
                disabled={isInstalling}
                loading={repair.isPending}
                onConfirm={() => repair.mutate({ variant: one.variant, repair: true })}
                button={{ size: 'compact-sm' }}
              >
                {words('runtime.repair')}
              </ConfirmButton>
            </SettingRow>
          ))}
          {isInstalling && <Text role="status">{words('runtime.installing')}</Text>}
          {repair.error !== null && <ErrorNote error={repair.error} />}
          {frame?.state === 'failed' && frame.error !== undefined && <ErrorNote error={frame.error} />}
        </>
      )}
      <MirrorChoice />
    </Panel>
  );
}
