import { Button, Checkbox, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { IconWorld } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import type { ReleaseView } from '../../../electron/shared/contract/methods/releases.ts';
import { useAction } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { WarningList } from './warning-list.tsx';

const MOST_REASON = 1000;

/** Making public what was uploaded privately: a step of its own, with what it cannot undo in words. */
export function PublishPanel({ release }: Readonly<{ release: ReleaseView }>): ReactElement | null {
  const words = useWords('release');
  const common = useWords('common');
  const [isOpen, setOpen] = useState(false);
  const hidden = release.parts.filter(({ visibility }) => visibility !== 'public');
  if (hidden.length === 0) {
    return release.publicReason === undefined ? null : (
      <Panel title={words('public.title')}>
        <Text>{words('public.because', { reason: release.publicReason })}</Text>
      </Panel>
    );
  }
  return (
    <Panel title={words('public.title')}>
      <Group justify="space-between" gap="sm">
        <Text flex={1} miw={280}>
          {words('public.what')}
        </Text>
        <Button
          variant="default"
          leftSection={<IconWorld size={16} aria-hidden />}
          onClick={() => setOpen(true)}
        >
          {words('public.open')}
        </Button>
      </Group>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={words('public.question')}
        size="lg"
        centered
        closeButtonProps={{ 'aria-label': common('close') }}
      >
        <PublishForm
          release={release}
          repositories={hidden.map(({ repository }) => repository)}
          onClose={() => setOpen(false)}
        />
      </Modal>
    </Panel>
  );
}

type PublishFormProps = Readonly<{
  release: ReleaseView;
  repositories: readonly string[];
  onClose: () => void;
}>;

function PublishForm({ release, repositories, onClose }: PublishFormProps): ReactElement {
  const words = useWords('release');
  const common = useWords('common');
  const publish = useAction('releases.publish');
  const [confirmed, setConfirmed] = useState<readonly string[]>([]);
  const [reason, setReason] = useState('');
  const isWhole = repositories.every((one) => confirmed.includes(one));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!isWhole) return;
        publish.mutate(
          { release: release.id, confirmed: [...repositories], reason: reason.trim() },
          { onSuccess: onClose },
        );
      }}
    >
      <Stack gap="md">
        <Text>{words('public.consequence')}</Text>
        <WarningList warnings={release.warnings} />
        <Stack gap={8}>
          {repositories.map((repository) => (
            <Checkbox
              key={repository}
              label={words('public.confirm', { repository })}
              checked={confirmed.includes(repository)}
              onChange={(event) =>
                setConfirmed(
                  event.currentTarget.checked
                    ? [...confirmed, repository]
                    : confirmed.filter((one) => one !== repository),
                )
              }
            />
          ))}
        </Stack>
        <Textarea
          label={words('public.reason')}
          description={words('public.reasonHint')}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          autosize
          minRows={2}
          maxLength={MOST_REASON}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {publish.error !== null && <ErrorNote error={publish.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" data-autofocus onClick={onClose}>
            {common('cancel')}
          </Button>
          <Button
            type="submit"
            disabled={!isWhole}
            loading={publish.isPending}
            styles={isWhole ? { root: { background: 'var(--le-red)', color: 'var(--le-panel)' } } : {}}
          >
            {words('public.do')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
