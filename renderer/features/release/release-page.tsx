import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconArrowLeft, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useEffect, type ReactElement } from 'react';
import { Link } from 'react-router';

import type { ReleaseView } from '../../../electron/shared/contract/methods/releases.ts';
import { useAction } from '../../api/hooks.ts';
import { formatTime } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { MemorisationPanel, type MemorisationPanelProps } from './memorisation-panel.tsx';
import { PartPanel } from './part-panel.tsx';
import { PublishPanel } from './publish-panel.tsx';
import { isOver } from './release-standing.ts';
import { ReleaseState } from './release-state.tsx';
import { useUplink } from './upload-time.ts';
import { useRelease } from './use-release.ts';
import { WarningList } from './warning-list.tsx';

export type ReleasePageProps = Readonly<{ releaseId: string; onGone: () => void }>;

/** One release: how far each repository is, what holds it up, and what can be done about it. */
export function ReleasePage({ releaseId, onGone }: ReleasePageProps): ReactElement {
  const words = useWords('release');
  const { release, error, refetch } = useRelease(releaseId);
  return (
    <Stack gap="md" maw={1080}>
      <Group gap="xs">
        <Button
          component={Link}
          to="/release"
          size="compact-sm"
          variant="subtle"
          leftSection={<IconArrowLeft size={14} aria-hidden />}
        >
          {words('list.all')}
        </Button>
      </Group>
      {release === undefined && error !== null && <ErrorNote error={error} onRetry={refetch} />}
      {release === undefined && error === null && <Skeletons rows={8} height={28} />}
      {release !== undefined && <Body release={release} onGone={onGone} />}
    </Stack>
  );
}

function Body({ release, onGone }: Readonly<{ release: ReleaseView; onGone: () => void }>): ReactElement {
  const words = useWords('release');
  const [, setUplink] = useUplink();
  const checked = release.state === 'done' ? toCheck(release) : undefined;
  const fastest = Math.max(0, ...release.parts.map(({ bytesPerSecond }) => bytesPerSecond ?? 0));
  useEffect(() => {
    // What an upload shows of this uplink, the next estimate goes by.
    if (fastest > 0) setUplink(fastest);
  }, [fastest, setUplink]);
  return (
    <>
      <Head release={release} onGone={onGone} />
      {release.parts.map((part) => (
        <PartPanel key={part.part} release={release} part={part} />
      ))}
      {release.warnings.length > 0 && release.state !== 'cancelled' && release.state !== 'done' && (
        <Panel title={words('warnings.title')}>
          <WarningList warnings={release.warnings} />
        </Panel>
      )}
      {checked !== undefined && <MemorisationPanel {...checked} />}
      {release.state === 'done' && <PublishPanel release={release} />}
    </>
  );
}

function Head({ release, onGone }: Readonly<{ release: ReleaseView; onGone: () => void }>): ReactElement {
  const words = useWords('release');
  const language = useLanguage();
  const pause = useAction('releases.pause');
  const resume = useAction('releases.resume');
  const cancel = useAction('releases.cancel');
  const remove = useAction('releases.remove');
  const { createdAtMs, hub, id, licence, name, origin, state } = release;
  const stands = state === 'paused' || state === 'failed' || state === 'planned';
  const runs = ['preparing', 'running', 'waiting', 'stopping'].includes(state);
  const error = pause.error ?? resume.error ?? cancel.error ?? remove.error;
  return (
    <>
      <Group justify="space-between" gap="sm">
        <div>
          <Group gap="sm">
            <Title order={2} fz="lg">
              {name}
            </Title>
            <ReleaseState state={state} />
          </Group>
          <Text c="dimmed" mt={4}>
            {[
              words(`hub.${hub}`),
              new URL(origin).host,
              licence ?? words('page.noLicence'),
              formatTime(createdAtMs, language),
            ].join(' · ')}
          </Text>
        </div>
        <Group gap="xs">
          {stands && (
            <Button
              loading={resume.isPending}
              leftSection={<IconPlayerPlay size={16} aria-hidden />}
              onClick={() => resume.mutate({ release: id })}
            >
              {words(state === 'planned' ? 'start.do' : 'page.resume')}
            </Button>
          )}
          {runs && (
            <Button
              variant="default"
              disabled={state === 'stopping'}
              loading={pause.isPending}
              leftSection={<IconPlayerPause size={16} aria-hidden />}
              onClick={() => pause.mutate({ release: id })}
            >
              {words('page.pause')}
            </Button>
          )}
          {isOver(state) ? (
            <ConfirmButton
              question={words('page.removeQuestion', { name })}
              consequence={words('page.removeConsequence')}
              confirm={words('page.remove')}
              loading={remove.isPending}
              onConfirm={() => remove.mutate({ release: id }, { onSuccess: onGone })}
            >
              {words('page.remove')}
            </ConfirmButton>
          ) : (
            <ConfirmButton
              question={words('page.cancelQuestion', { name })}
              consequence={words('page.cancelConsequence')}
              confirm={words('page.cancelDo')}
              loading={cancel.isPending}
              onConfirm={() => cancel.mutate({ release: id })}
            >
              {words('page.cancel')}
            </ConfirmButton>
          )}
        </Group>
      </Group>
      {error !== null && <ErrorNote error={error} />}
    </>
  );
}

/** What a check before going public looks at: one check speaks for an adapter and the model merged with it. */
function toCheck({ parts }: ReleaseView): MemorisationPanelProps | undefined {
  if (parts.every(({ visibility }) => visibility === 'public')) return undefined;
  const part = parts.find((one) => one.part === 'adapter') ?? parts.find((one) => one.part === 'merged');
  if (part?.runId === undefined) return undefined;
  return { runId: part.runId, step: part.step, modelId: part.modelId };
}
