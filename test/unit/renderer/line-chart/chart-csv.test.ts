import { expect, it } from 'vitest';

import { chartCsv } from '../../../../renderer/ui/line-chart/chart-csv.ts';

it('has a line a step and an empty cell where a curve has no value, and no heading becomes a formula', () => {
  const text = chartCsv([
    {
      label: '损失, "a"',
      points: [
        { step: 1, value: 0.5 },
        { step: 10, value: 1e-7 },
      ],
    },
    { label: '=HYPERLINK(1)', points: [{ step: 2, value: -3 }] },
  ]);
  expect(text).toBe('\ufeffstep,"损失, ""a""",\'=HYPERLINK(1)\r\n1,0.5,\r\n2,,-3\r\n10,1e-7,\r\n');
});
