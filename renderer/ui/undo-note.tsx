import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState, type ReactElement } from 'react';

import { useWords } from '../i18n/use-words.ts';
import { ErrorNote } from './error-note.tsx';

/** Long enough to read it and to reach for it. */
const UNDO_MS = 10_000;

export type UndoNote = Readonly<{
  /** One note stands for one thing; a second with the same id takes its place. */
  id: string;
  /** What has been done. */
  title: string;
  /** What is kept, and where else it can be brought back. */
  message: string;
  closeLabel: string;
  /** Takes it back; what it throws is told in the note. */
  onUndo: () => Promise<unknown>;
}>;

/** Tells what was taken away and offers it back for ten seconds; outlives the screen that it was done on. */
export function showUndo({ id, title, message, closeLabel, onUndo }: UndoNote): void {
  notifications.show({
    id,
    autoClose: UNDO_MS,
    title,
    message: <UndoBody id={id} message={message} onUndo={onUndo} />,
    closeButtonProps: { 'aria-label': closeLabel },
  });
}

function UndoBody({ id, message, onUndo }: Pick<UndoNote, 'id' | 'message' | 'onUndo'>): ReactElement {
  const words = useWords('common');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const undo = async (): Promise<void> => {
    setBusy(true);
    try {
      await onUndo();
      notifications.hide(id);
    } catch (failure) {
      setError(failure);
      // It no longer goes by itself: the reason has to be read.
      notifications.update({ id, autoClose: false, message: <ErrorNote error={failure} /> });
    } finally {
      setBusy(false);
    }
  };
  if (error !== undefined) return <ErrorNote error={error} />;
  return (
    <Group justify="space-between" gap="sm" wrap="nowrap">
      <span>{message}</span>
      <Button size="compact-sm" style={{ flex: 'none' }} loading={isBusy} onClick={() => void undo()}>
        {words('undo')}
      </Button>
    </Group>
  );
}
