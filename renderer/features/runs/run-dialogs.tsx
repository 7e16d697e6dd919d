import { useState, type ReactElement } from 'react';

import { Alert, Button, Group, Modal, Stack, TagsInput, Text, Textarea } from '@mantine/core';

import { IconAlertTriangle } from '@tabler/icons-react';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { useAction, useTopic, type OutputOf } from '../../api/hooks.ts';
import { restoreFromTrash } from '../../api/restore.ts';
import { studio } from '../../api/studio-client.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { showUndo } from '../../ui/undo-note.tsx';

export type RunDialogProps = Readonly<{ run: RunSummary; onClose: () => void }>;

type Labels = Readonly<{ tags: readonly string[]; note: string }>;

const isSame = (left: Labels, right: Labels): boolean =>
  left.note === right.note && left.tags.join('\n') === right.tags.join('\n');

/** Tags and note of a run. What another window saves meanwhile is shown, and never written over unseen. */
export function LabelDialog({ run, onClose }: RunDialogProps): ReactElement {
  const words = useWords('runs');
  /** What stood there when the person began, or last decided. */
  const [seen, setSeen] = useState<Labels>(run);
  /** What stands there now, where it is something else. */
  const [theirs, setTheirs] = useState<Labels | undefined>(undefined);
  const [tags, setTags] = useState<string[]>(run.tags);
  const [note, setNote] = useState(run.note);
  const saveTags = useAction('runs.setTags');
  const saveNote = useAction('runs.setNote');
  const error = saveTags.error ?? saveNote.error;
  useTopic('runs', (frame) => {
    if (frame.kind !== 'changed' || frame.run.id !== run.id) return;
    const isOwn = saveTags.isPending || saveNote.isPending || isSame(frame.run, { tags, note });
    setTheirs(isOwn || isSame(frame.run, seen) ? undefined : frame.run);
  });
  const save = async (known: Labels): Promise<void> => {
    // Only what the person changed: the other field may be another window's.
    if (tags.join('\n') !== known.tags.join('\n'))
      await saveTags.mutateAsync({ run: run.id, tags, seen: [...known.tags] });
    if (note.trim() !== known.note) await saveNote.mutateAsync({ run: run.id, note, seen: known.note });
    onClose();
  };
  const trySave = (known: Labels): void => {
    setSeen(known);
    setTheirs(undefined);
    save(known).catch(async (failure: unknown) => {
      if (failure instanceof StudioError && failure.code === 'run.label_changed')
        setTheirs(await studio.client.call('runs.show', { run: run.id }));
    });
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
          if (theirs === undefined) trySave(seen);
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
          {theirs === undefined && error !== null && <ErrorNote error={error} />}
          {theirs !== undefined && (
            <Changed
              theirs={theirs}
              onTake={() => {
                setTags([...theirs.tags]);
                setNote(theirs.note);
                setSeen(theirs);
                setTheirs(undefined);
              }}
              onKeep={() => trySave(theirs)}
            />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {words('common:cancel')}
            </Button>
            <Button
              type="submit"
              disabled={theirs !== undefined}
              loading={saveTags.isPending || saveNote.isPending}
            >
              {words('label.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

type ChangedProps = Readonly<{ theirs: Labels; onTake: () => void; onKeep: () => void }>;

function Changed({ theirs, onTake, onKeep }: ChangedProps): ReactElement {
  const words = useWords('runs');
  const tags = theirs.tags.length === 0 ? words('label.none') : theirs.tags.join(words('label.comma'));
  const note = theirs.note === '' ? words('label.none') : theirs.note;
  return (
    <Alert
      role="alert"
      variant="outline"
      icon={<IconAlertTriangle aria-hidden />}
      title={words('label.changed')}
      styles={{
        root: { background: 'var(--le-amber-soft)', borderColor: 'var(--le-amber)' },
        title: { color: 'var(--le-amber)' },
        icon: { color: 'var(--le-amber)' },
        message: { color: 'var(--le-ink)' },
      }}
    >
      <Stack gap="xs">
        <Text lineClamp={6}>{words('label.theirs', { tags, note })}</Text>
        <Group gap="xs">
          <Button size="compact-sm" onClick={onTake}>
            {words('label.useTheirs')}
          </Button>
          <Button size="compact-sm" variant="default" onClick={onKeep}>
            {words('label.keepMine')}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

/** Asks before a run goes into the trash, and offers it back afterwards. */
export function RemoveDialog({ run, onClose }: RunDialogProps): ReactElement {
  const words = useWords('runs');
  const remove = useAction('runs.remove', { changes: ['storage'] });
  const onRemoved = ({ trashId }: OutputOf<'runs.remove'>): void => {
    onClose();
    if (trashId === undefined) return;
    showUndo({
      id: `removed-${run.id}`,
      title: words('common:trash.removed', { name: run.name }),
      message: words('common:trash.kept'),
      closeLabel: words('common:close'),
      onUndo: () => restoreFromTrash(trashId),
    });
  };
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
            onClick={() => remove.mutate({ run: run.id }, { onSuccess: onRemoved })}
          >
            {words('action.remove')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
