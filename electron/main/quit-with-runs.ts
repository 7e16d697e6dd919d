import { dialog, type BrowserWindow, type MessageBoxOptions } from 'electron';

import type { RunSummary } from '../shared/contract/methods/runs.ts';
import type { ShellWords } from './shell-words.ts';

export type QuitChoice = 'keep-running' | 'stop-and-save' | 'stop-now' | 'stay';

const CHOICES: readonly QuitChoice[] = ['keep-running', 'stop-and-save', 'stop-now', 'stay'];

/** Asks what becomes of the live runs; keeping them is the default, closing the question means staying. */
export async function askHowToQuit(
  window: BrowserWindow | undefined,
  runs: readonly RunSummary[],
  words: ShellWords,
): Promise<QuitChoice> {
  const options: MessageBoxOptions = {
    type: 'question',
    title: words('quitTitle'),
    message: words('quitMessage', { names: runs.map((run) => run.name).join('、') }),
    detail: words('quitDetail'),
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
