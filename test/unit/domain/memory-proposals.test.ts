import { describe, expect, it } from 'vitest';

import { memoryProposals } from '../../../electron/shared/domain/memory-proposals.ts';

const error = (proposals: unknown, code = 'train.out_of_memory') => ({ code, params: { proposals } });
const cutoff = { settings: [{ field: 'cutoffLength', value: 512 }], peakBytes: 12e9 };

describe('what a run that ran out of memory proposes', () => {
  it('is read with its figure, and without where none was measured', () => {
    const bits = { settings: [{ field: 'hardware.quantization', value: 'nf4' }], peakBytes: null };
    expect(memoryProposals(error([bits, cutoff]))).toEqual([
      { field: 'hardware.quantization', value: 'nf4', peakBytes: undefined },
      { field: 'cutoffLength', value: 512, peakBytes: 12e9 },
    ]);
  });

  // Params come from a file that another version wrote: a button that sets what it does not show would be worse.
  it.each([
    ['of another error', error([cutoff], 'train.disk_full')],
    ['that are no list', error('cutoffLength')],
    ['for a setting nobody proposes', error([{ settings: [{ field: 'optimizer.learningRate', value: 1 }] }])],
    ['of two settings', error([{ settings: [...cutoff.settings, ...cutoff.settings] }])],
    ['without a value', error([{ settings: [{ field: 'cutoffLength' }] }, null])],
  ])('%s are none', (_name, body) => {
    expect(memoryProposals(body)).toEqual([]);
  });
});
