import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideUpdate, type UpdateFacts } from '../../../electron/main/update-decision.ts';

const READY: UpdateFacts = {
  isPackaged: true,
  hasFeed: true,
  airGap: false,
  liveRuns: 0,
  moment: 'launch',
  waiting: '0.2.0',
  current: '0.1.0',
};

const anyFacts: fc.Arbitrary<UpdateFacts> = fc.record({
  isPackaged: fc.boolean(),
  hasFeed: fc.boolean(),
  airGap: fc.boolean(),
  liveRuns: fc.integer({ min: 0, max: 3 }),
  moment: fc.constantFrom('launch', 'later'),
  waiting: fc.constantFrom(undefined, '0.1.0', '0.2.0'),
  current: fc.constant('0.1.0'),
});

describe('what the app does about updates', () => {
  it('installs what an earlier start has downloaded', () => {
    expect(decideUpdate(READY)).toEqual({ kind: 'offer', version: '0.2.0' });
  });

  it('installs at a start only, never while a run lives, and never what is installed', () => {
    expect(decideUpdate({ ...READY, moment: 'later' })).toEqual({ kind: 'look' });
    expect(decideUpdate({ ...READY, liveRuns: 1 })).toEqual({ kind: 'look' });
    expect(decideUpdate({ ...READY, waiting: '0.1.0' })).toEqual({ kind: 'look' });
    expect(decideUpdate({ ...READY, waiting: undefined })).toEqual({ kind: 'look' });
  });

  it('asks nobody in air-gapped mode, without a feed, or from the sources', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const isOff = facts.airGap || !facts.hasFeed || !facts.isPackaged;
        expect(decideUpdate(facts).kind === 'off').toBe(isOff);
      }),
    );
  });

  it('offers nothing while a run lives, whatever else is true', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        if (facts.liveRuns > 0) expect(decideUpdate(facts).kind).not.toBe('offer');
      }),
    );
  });
});
