import { describe, expect, it } from 'vitest';

import { rowsSystemPrompt } from '../../../electron/core/chat/rows-system-prompt.ts';

const row = (system?: string): { role: string; content: string }[] => [
  ...(system === undefined ? [] : [{ role: 'system', content: system }]),
  { role: 'user', content: '问' },
];

describe('the system prompt of rows', () => {
  it('stands in only where every row was trained with it', () => {
    expect(rowsSystemPrompt([])).toEqual({ source: 'none' });
    expect(rowsSystemPrompt([row(), row()])).toEqual({ source: 'none' });
    expect(rowsSystemPrompt([row('甲'), row('甲')])).toEqual({ source: 'dataset', text: '甲' });
    expect(rowsSystemPrompt([row('甲'), row('乙')])).toEqual({ source: 'varied' });
    expect(rowsSystemPrompt([row('甲'), row()])).toEqual({ source: 'varied' });
    expect(rowsSystemPrompt([row(), row('甲')])).toEqual({ source: 'varied' });
  });
});
