import type { ReactElement } from 'react';

import { Group } from '@mantine/core';

import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import { useCall } from '../../api/hooks.ts';
import { useReveal } from '../../api/desktop-host.ts';
import { useWords } from '../../i18n/use-words.ts';
import { CopyPathButton } from '../../ui/copy-path-button.tsx';
import { RevealButton } from '../../ui/reveal-button.tsx';
import { FactTable } from './run-facts.tsx';

const MOST_EVENTS = 5000;

/** The recordings of a run's steps and where they lie. */
export function ProfileFiles({ detail }: Readonly<{ detail: RunDetail }>): ReactElement | null {
  const words = useWords('run');
  const reveal = useReveal();
  const { profileSteps } = detail.recipe.hardware;
  const isWanted = profileSteps > 0;
  const query = { run: detail.id, types: ['phase'], limit: MOST_EVENTS };
  const events = useCall('runs.events', isWanted ? query : undefined, { mark: detail.step });
  if (!isWanted) return null;
  const files = (events.data?.items ?? []).flatMap(({ data }) => {
    const { name, detail: file } = (data ?? {}) as Readonly<{ name?: unknown; detail?: unknown }>;
    return name === 'profile' && typeof file === 'string' ? [file] : [];
  });
  return (
    <FactTable
      title={words('facts.profile')}
      facts={
        files.length === 0
          ? [[words('facts.profileFile'), words('facts.profileLater', { steps: profileSteps })]]
          : files.map((file) => [
              words('facts.profileFile'),
              <Group key={file} gap={6} wrap="nowrap">
                <code>{file}</code>
                <CopyPathButton
                  path={file}
                  label={words('checkpoints.copyPath')}
                  copied={words('checkpoints.copied')}
                />
                <RevealButton path={file} reveal={reveal} look="icon" />
              </Group>,
            ])
      }
    />
  );
}
