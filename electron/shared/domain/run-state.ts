/** What a run is doing, as a person sees it. */
export const RUN_STATES = [
  'starting',
  'running',
  'stopping',
  'done',
  'stopped',
  'failed',
  'interrupted',
] as const;

export type RunState = (typeof RUN_STATES)[number];

/** A live run has a process that may still report; only such a run can be stopped. */
export function isLive(state: RunState): boolean {
  return state === 'starting' || state === 'running' || state === 'stopping';
}

/** Whether a new attempt makes sense: everything that ended before its last step. */
export function isResumable(state: RunState): boolean {
  return state === 'stopped' || state === 'failed' || state === 'interrupted';
}
