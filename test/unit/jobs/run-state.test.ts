import { expect, test } from 'vitest';

import type { JobFact, JobState } from '../../../electron/shared/domain/run-state.ts';
import { isLive, isResumable, nextJobState, JOB_STATES } from '../../../electron/shared/domain/run-state.ts';

const ended = (status: 'done' | 'stopped' | 'failed', exitCode: number): JobFact => ({
  kind: 'ended',
  status,
  exitCode,
});
const exited = (exitCode: number | undefined, signal?: string, reported = false): JobFact => ({
  kind: 'exited',
  exitCode,
  signal,
  reported,
});

/** Every fact, with the state it leads to from starting, running and stopping. */
const TABLE: readonly (readonly [string, JobFact, JobState, JobState, JobState])[] = [
  ['started', { kind: 'started' }, 'running', 'running', 'stopping'],
  ['stop requested', { kind: 'stop-requested' }, 'stopping', 'stopping', 'stopping'],
  ['launch failed', { kind: 'launch-failed' }, 'failed', 'failed', 'failed'],
  ['ended: done', ended('done', 0), 'done', 'done', 'done'],
  ['ended: stopped by a person', ended('stopped', 10), 'stopped', 'stopped', 'stopped'],
  ['ended: stopped by the system', ended('stopped', 75), 'interrupted', 'interrupted', 'stopped'],
  ['ended: failed', ended('failed', 22), 'failed', 'failed', 'failed'],
  ['exit 0 without a word', exited(0), 'failed', 'failed', 'stopped'],
  ['exit 1', exited(1), 'failed', 'failed', 'stopped'],
  ['exit 10', exited(10), 'stopped', 'stopped', 'stopped'],
  ['exit 20', exited(20), 'failed', 'failed', 'stopped'],
  ['exit 75', exited(75), 'interrupted', 'interrupted', 'stopped'],
  ['exit unknown', exited(undefined), 'interrupted', 'interrupted', 'stopped'],
  ['exit 1 after an error event', exited(1, undefined, true), 'failed', 'failed', 'failed'],
  ['SIGKILL', exited(undefined, 'SIGKILL'), 'interrupted', 'interrupted', 'stopped'],
  ['SIGTERM', exited(undefined, 'SIGTERM'), 'interrupted', 'interrupted', 'stopped'],
  ['SIGHUP', exited(undefined, 'SIGHUP'), 'interrupted', 'interrupted', 'stopped'],
  ['SIGINT', exited(undefined, 'SIGINT'), 'interrupted', 'interrupted', 'stopped'],
  ['SIGSEGV', exited(undefined, 'SIGSEGV'), 'failed', 'failed', 'stopped'],
  ['SIGABRT', exited(undefined, 'SIGABRT'), 'failed', 'failed', 'stopped'],
  ['vanished', { kind: 'vanished', reported: false }, 'interrupted', 'interrupted', 'stopped'],
  ['vanished after an error event', { kind: 'vanished', reported: true }, 'failed', 'failed', 'failed'],
];

test.each(TABLE)('%s', (_name, fact, fromStarting, fromRunning, fromStopping) => {
  expect(nextJobState('starting', fact)).toBe(fromStarting);
  expect(nextJobState('running', fact)).toBe(fromRunning);
  expect(nextJobState('stopping', fact)).toBe(fromStopping);
});

test('nothing changes a state that is not live: replay rewrites no history', () => {
  for (const state of JOB_STATES.filter((name) => !isLive(name))) {
    for (const [, fact] of TABLE) expect(nextJobState(state, fact)).toBe(state);
  }
});

test('a state is live, finished or resumable, never two of them', () => {
  for (const state of JOB_STATES) {
    const count = [isLive(state), isResumable(state), state === 'done'].filter(Boolean).length;
    expect(count, state).toBe(1);
  }
});
