import { notifications } from '@mantine/notifications';
import { useNavigate } from 'react-router';

import type { RunSummary } from '../../electron/shared/contract/methods/runs.ts';
import { isLive } from '../../electron/shared/domain/run-state.ts';
import { useTopic } from '../api/hooks.ts';
import { studio } from '../api/studio-client.ts';
import { formatLoss, formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/use-words.ts';
import { usePreferences } from '../state/preferences.ts';
import { applyRunsFrame } from '../state/live-runs.ts';
import { askListsAgain, updateListedRun } from './listed-runs.ts';

/** Keeps the live runs of the frame, and tells of each that ends, once. Draws nothing. */
export function RunsFeed(): null {
  const words = useWords('common');
  const navigate = useNavigate();

  const tell = (run: RunSummary): void => {
    if (isLive(run.state) || run.state === 'queued') return;
    const title = words(`notify.${run.state}`, { name: run.name });
    const body = words('notify.body', { step: formatNumber(run.step), loss: formatLoss(run.loss) });
    const open = (): void => void navigate(`/runs/${run.id}`);
    notifications.show({
      id: `ended-${run.id}`,
      title,
      message: body,
      autoClose: 10_000,
      onClick: open,
      style: { cursor: 'pointer' },
      closeButtonProps: { 'aria-label': words('close') },
    });
    const { notify } = usePreferences.getState();
    if (!notify || document.visibilityState === 'visible' || Notification.permission !== 'granted') return;
    const note = new Notification(title, { body, tag: run.id });
    note.onclick = () => {
      window.focus();
      open();
      note.close();
    };
  };

  useTopic('runs', (frame) => {
    const ended = applyRunsFrame(frame);
    if (frame.kind === 'changed') updateListedRun(frame.run);
    if (frame.kind === 'removed') askListsAgain();
    for (const run of ended.known) tell(run);
    // Ended while the connection was down: only their absence says so.
    for (const runId of ended.unseen) {
      studio.client.call('runs.show', { run: runId }).then(tell, () => undefined);
    }
  });
  return null;
}
