import { Notification } from 'electron';

export type SystemNote = Readonly<{ title: string; body: string; onClick: () => void }>;

/** Notes that stand on the desktop: one that nobody holds is collected, and its click leads nowhere. */
const standing = new Set<Notification>();

/** Shows a note of the system; where it knows none, nothing happens. */
export function showNote({ title, body, onClick }: SystemNote): void {
  if (!Notification.isSupported()) return;
  const note = new Notification({ title, body });
  standing.add(note);
  note.on('click', () => {
    standing.delete(note);
    onClick();
  });
  note.on('close', () => standing.delete(note));
  note.show();
}
