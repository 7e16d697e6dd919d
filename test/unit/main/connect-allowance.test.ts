import { describe, expect, it } from 'vitest';

import { createConnectAllowance } from '../../../electron/main/connect-allowance.ts';

describe('ports for a page', () => {
  it('are refused to a page that asks without end, and given again after a while', () => {
    let nowMs = 1000;
    const may = createConnectAllowance(() => nowMs);
    const asked = (times: number): number => Array.from({ length: times }, may).filter(Boolean).length;
    expect(asked(10_000)).toBe(200);
    nowMs += 500;
    expect(asked(10_000)).toBe(50);
    nowMs += 3_600_000;
    expect(asked(10_000)).toBe(200);
  });

  it('do not run out where the clock is set back', () => {
    let nowMs = 1_000_000;
    const may = createConnectAllowance(() => nowMs);
    nowMs = 0;
    expect(may()).toBe(true);
  });
});
