import { dialog, type BrowserWindow, type MessageBoxOptions } from 'electron';

import type { StudioContract } from '../shared/contract/index.ts';
import type { RunSummary } from '../shared/contract/methods/runs.ts';
import type { RpcClient } from '../shared/contract/rpc-client.ts';
import type { ShellWords } from './shell-words.ts';

export type QuitChoice = 'keep-running' | 'stop-and-save' | 'stop-now' | 'stay';

const CHOICES: readonly QuitChoice[] = ['keep-running', 'stop-and-save', 'stop-now', 'stay'];

/** A stop-and-save before quitting may wait for a step and a checkpoint. */
const STOP_PATIENCE_MS = 120_000;

export type QuitQuestion = Readonly<{
  runs: readonly RunSummary[];
  /** Runs that the queue would start when a live one ends. */
  waiting: number;
  words: ShellWords;
}>;

/** Asks what becomes of the live runs; keeping them is the default, closing the question means staying. */
export async function askHowToQuit(
  window: BrowserWindow | undefined,
  { runs, waiting, words }: QuitQuestion,
): Promise<QuitChoice> {
  const options: MessageBoxOptions = {
    type: 'question',
    title: words('quitTitle'),
    message: words('quitMessage', { names: runs.map((run) => run.name).join(words('comma')) }),
    detail:
      waiting === 0
        ? words('quitDetail')
        : `${words('quitDetail')}\n${words('quitQueue', { count: String(waiting) })}`,
    buttons: [words('keepRunning'), words('stopAndSave'), words('stopNow'), words('cancel')],
    defaultId: 0,
    cancelId: CHOICES.indexOf('stay'),
    noLink: true,
  };
  const { response } = await (window === undefined
    ? dialog.showMessageBox(options)
    : dialog.showMessageBox(window, options));
  return CHOICES[response] ?? 'stay';
}

/** Stops the runs as the person chose; resolves when they have ended. The queue starts no other in their place. */
export async function stopForQuit(
  client: RpcClient<StudioContract>,
  choice: 'stop-and-save' | 'stop-now',
  { runs, waiting }: QuitQuestion,
): Promise<void> {
  if (waiting > 0) await client.call('queue.setPaused', { paused: true }).catch(() => undefined);
  const deadlineMs = choice === 'stop-now' ? 0 : STOP_PATIENCE_MS;
  // One that has just ended by itself refuses, and is where it should be.
  await Promise.allSettled(runs.map((run) => client.call('runs.stop', { run: run.id, deadlineMs })));
}
