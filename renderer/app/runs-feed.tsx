import { notifications } from '@mantine/notifications';
import { useRef } from 'react';
import { useNavigate } from 'react-router';

import type { RunSummary } from '../../electron/shared/contract/methods/runs.ts';
import { describeError } from '../../electron/shared/contract/errors/index.ts';
import { AttentionWatch } from '../../electron/shared/domain/attention-watch.ts';
import { isLive } from '../../electron/shared/domain/run-state.ts';
import { useTopic } from '../api/hooks.ts';
import { studio } from '../api/studio-client.ts';
import { formatLoss, formatNumber } from '../i18n/format.ts';
import { useErrorLanguage, useWords } from '../i18n/use-words.ts';
import { usePreferences } from '../state/preferences.ts';
import { applyRunsFrame } from '../state/live-runs.ts';
import { askListsAgain, updateListedRun } from './listed-runs.ts';

/** Keeps the live runs of the frame, and tells of each that ends or needs a person, and of a queue that stops, once. Draws nothing. */
export function RunsFeed(): null {
  const words = useWords('common');
  const navigate = useNavigate();
  const errorLanguage = useErrorLanguage();

  const show = (id: string, title: string, body: string, path: string): void => {
    const open = (): void => void navigate(path);
    notifications.show({
      id: `told-${id}`,
      title,
      message: body,
      autoClose: 10_000,
      onClick: open,
      style: { cursor: 'pointer' },
      closeButtonProps: { 'aria-label': words('close') },
    });
    const { notify } = usePreferences.getState();
    if (!notify || document.visibilityState === 'visible' || Notification.permission !== 'granted') return;
    const note = new Notification(title, { body, tag: id });
    note.onclick = () => {
      window.focus();
      open();
      note.close();
    };
  };

  const bodyOf = (run: RunSummary): string =>
    words('notify.body', { step: formatNumber(run.step), loss: formatLoss(run.loss) });

  const tell = (run: RunSummary): void => {
    if (isLive(run.state) || run.state === 'queued') return;
    const isWorse = run.state === 'done' && run.attention !== undefined;
    const title = words(isWorse ? 'notify.doneWorse' : `notify.${run.state}`, { name: run.name });
    show(run.id, title, bodyOf(run), `/runs/${run.id}`);
  };

  const watch = useRef(new AttentionWatch());
  /** Runs seen waiting: one that fails before it has a process was never live. */
  const waited = useRef(new Set<string>());
  const fault = useRef<string | undefined>(undefined);
  useTopic('queue', (frame) => {
    if (!('items' in frame)) return;
    const { pausedBy } = frame;
    for (const { run } of frame.items) waited.current.add(run.id);
    if (pausedBy !== undefined && fault.current !== pausedBy.code) {
      const title = words('notify.attention');
      show('queue', title, describeError(pausedBy, errorLanguage).message, '/');
    }
    fault.current = pausedBy?.code;
  });

  useTopic('runs', (frame) => {
    const ended = applyRunsFrame(frame);
    if (frame.kind === 'changed') updateListedRun(frame.run);
    if (frame.kind === 'removed') askListsAgain();
    const news = watch.current.newsIn(frame);
    if (news !== undefined) {
      show(news.id, words(`notify.${news.attention}`, { name: news.name }), bodyOf(news), `/runs/${news.id}`);
    }
    for (const run of ended.known) tell(run);
    if (frame.kind === 'changed' && frame.run.state !== 'queued' && waited.current.delete(frame.run.id)) {
      if (frame.run.state === 'failed') tell(frame.run);
    }
    // Ended while the connection was down: only their absence says so.
    for (const runId of ended.unseen) {
      studio.client.call('runs.show', { run: runId }).then(tell, () => undefined);
    }
  });
  return null;
}
