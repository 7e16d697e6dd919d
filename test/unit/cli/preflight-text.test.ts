import { describe, expect, it } from 'vitest';

import { preflightText } from '../../../electron/cli/preflight-text.ts';
import type { PreflightView } from '../../../electron/shared/contract/methods/preflight.ts';

const VIEW: PreflightView = {
  trainRows: 1480,
  evalRows: 0,
  steps: 186,
  stepsPerEpoch: 93,
  globalBatch: 16,
  tokensPerEpoch: 700_000,
  trainTokens: 1_400_000,
  tokenSource: 'characters',
  truncatedShare: 0.2,
  lostShare: 0,
  memory: [
    {
      device: 'cuda:0',
      name: 'NVIDIA Test',
      precision: 'bf16',
      weightsBytes: 15.5e9,
      adapterBytes: 75e6,
      gradientBytes: 75e6,
      optimizerBytes: 150e6,
      activationBytes: 9e9,
      temporaryBytes: 1e9,
      runtimeBytes: 0.8e9,
      recomputedLayers: 8,
      layers: 32,
      peakBytes: 26.6e9,
      headroomBytes: -2.6e9,
      capacityBytes: 24e9,
      availableBytes: 23e9,
      basis: 'projected',
    },
  ],
  diskBytes: 1.2e9,
  freeDiskBytes: 80e9,
  fits: false,
  forceable: true,
  problems: [
    {
      code: 'preflight.does_not_fit',
      params: {
        predicted: '26.6 GB',
        capacity: '24.0 GB',
        device: 'NVIDIA Test',
        precision: 'bf16',
        base: '15.5 GB',
        passes: '10.0 GB',
        settings: ['hardware.maxTokensPerMicroBatch=1024'],
      },
      fixes: [{ settings: [{ field: 'hardware.maxTokensPerMicroBatch', value: 1024 }], peakBytes: 22e9 }],
    },
  ],
  warnings: [{ code: 'preflight.no_eval_rows', params: {}, fixes: [] }],
};

describe('the preflight sheet of the command line', () => {
  it.each(['en', 'zh'] as const)('says the numbers and the way out (%s)', (language) => {
    const text = preflightText(VIEW, language);
    for (const part of ['186', '1,400,000', '26.60 GB / 24.00 GB', '-2.60 GB', 'MicroBatch=1024']) {
      expect(text).toContain(part);
    }
    // A placeholder that no param fills would stand there as it is.
    expect(text).not.toMatch(/\{\w+\}/u);
    expect(text.split('\n').at(-1)).toBe(language === 'zh' ? '放不下' : 'does not fit');
    expect(text).toContain(language === 'zh' ? '未实测' : 'not measured');
    expect(text).toContain(language === 'zh' ? '试跑之后' : 'before a trial run');
  });

  it('says how long, and by which run it knows', () => {
    const throughput = { runId: 'r', runName: '试跑甲', tokensPerSecond: 100, steps: 99, createdAtMs: 0 };
    const text = preflightText({ ...VIEW, throughput, durationMs: 1_400_000 * 10 }, 'zh');
    expect(text).toContain('用时：约 3 小时 53 分（按“试跑甲”的 100 tok/s）');
  });
});
