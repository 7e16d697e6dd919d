import { useState, type ReactElement } from 'react';

import { Button, Group, Modal, Stack, TagsInput, Text, Textarea } from '@mantine/core';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { useAction } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';

export type RunDialogProps = Readonly<{ run: RunSummary; onClose: () => void }>;

/** Tags and note of a run. */
export function LabelDialog({ run, onClose }: RunDialogProps): ReactElement {
  const words = useWords('runs');
  const [tags, setTags] = useState<string[]>(run.tags);
  const [note, setNote] = useState(run.note);
  const saveTags = useAction('runs.setTags');
  const saveNote = useAction('runs.setNote');
  const error = saveTags.error ?? saveNote.error;
  const save = async (): Promise<void> => {
    await saveTags.mutateAsync({ run: run.id, tags });
    await saveNote.mutateAsync({ run: run.id, note });
    onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      closeButtonProps={{ 'aria-label': words('common:close') }}
      title={words('label.title', { name: run.name })}
      centered
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save().catch(() => undefined);
        }}
      >
        <Stack>
          <TagsInput
            data-autofocus
            label={words('label.tags')}
            description={words('label.tagsHelp')}
            value={tags}
            onChange={setTags}
            maxTags={20}
          />
          <Textarea
            label={words('label.note')}
            autosize
            minRows={3}
            maxRows={10}
            maxLength={10_000}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          {error !== null && <ErrorNote error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {words('common:cancel')}
            </Button>
            <Button type="submit" loading={saveTags.isPending || saveNote.isPending}>
              {words('label.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Asks before a run and its folder go. */
export function RemoveDialog({ run, onClose }: RunDialogProps): ReactElement {
  const words = useWords('runs');
  const remove = useAction('runs.remove');
  return (
    <Modal
      opened
      onClose={onClose}
      closeButtonProps={{ 'aria-label': words('common:close') }}
      title={words('remove.question', { name: run.name })}
      centered
    >
      <Stack>
        <Text>{words('remove.consequence')}</Text>
        {remove.error !== null && <ErrorNote error={remove.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" data-autofocus onClick={onClose}>
            {words('common:cancel')}
          </Button>
          <Button
            styles={{ root: { background: 'var(--le-red)', color: 'var(--le-panel)' } }}
            loading={remove.isPending}
            onClick={() => remove.mutate({ run: run.id }, { onSuccess: onClose })}
          >
            {words('action.remove')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
