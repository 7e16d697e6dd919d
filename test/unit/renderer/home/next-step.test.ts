import { describe, expect, it } from 'vitest';

import { nextStep } from '../../../../renderer/features/home/next-step.ts';
import { runSummary as run } from '../run-summary.ts';

describe('what to do next', () => {
  // A person who comes back at night wants the run that is going on, whatever else waits.
  it('is the live run first', () => {
    expect(nextStep([run('b', 'failed'), run('a', 'running')], 1, 1)).toMatchObject({
      kind: 'watch',
      run: { id: 'a' },
    });
  });

  it('is the run that broke off, but not one that the person stopped', () => {
    expect(nextStep([run('a', 'interrupted')], 1, 1).kind).toBe('resume');
    expect(nextStep([run('a', 'failed')], 0, 1).kind).toBe('resume');
    expect(nextStep([run('b', 'stopped'), run('a', 'done')], 1, 1)).toMatchObject({
      kind: 'result',
      run: { id: 'a' },
    });
  });

  it('is data before a run, and a run before a result', () => {
    expect(nextStep([], 0, 1).kind).toBe('import');
    expect(nextStep([], 1, 0).kind).toBe('model');
    expect(nextStep([], 1, 1).kind).toBe('train');
    expect(nextStep([run('a', 'stopped')], 1, 1).kind).toBe('train');
  });
});
