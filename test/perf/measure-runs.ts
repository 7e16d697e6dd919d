import type { Page } from 'playwright-core';

import type { RunSort } from '../../electron/shared/contract/methods/runs.ts';
import { ExpectedRuns } from './expected-runs.ts';
import { fillRuns } from './fill-runs.ts';
import type { CheckedCount, Measured, Measurement } from './measurement.ts';
import { stands, timeToPaint, type Painted } from './stopwatch.ts';

const SORTS: readonly (readonly [sort: RunSort, head: string])[] = [
  ['loss', '损失'],
  ['name', '名称'],
  ['evalLoss', '验证损失'],
  ['tokensPerSecond', 'tok/s'],
  ['modelName', '模型'],
  ['step', '步数'],
  ['bestEvalLoss', '最好验证'],
  ['datasetName', '数据集'],
];
const WORDS = ['婚姻', '00421', '待复核', 'qwen', '股权-r32', '92k', '第7组', 'chat-20B', '减半', 'r16-09'];
const COUNT = /^共 ([\d,]+) 条$/u;

/** The history of all runs: opened, searched, sorted, and its end jumped to. */
export const RUNS_MEASUREMENT: Measurement = {
  name: 'runs',
  fill: (home, scale) => fillRuns(home, scale.runs),
  measure: async ({ page, home, scale }): Promise<Measured> => {
    const expected = new ExpectedRuns(home);
    const newest = expected.sorted('createdAtMs', true);
    const timesMs = {
      open: [] as number[],
      search: [] as number[],
      sort: [] as number[],
      end: [] as number[],
    };
    const counts: CheckedCount[] = [];
    const count = async (what: string, right: number): Promise<void> => {
      counts.push({ what, expected: right, found: await shownCount(page) });
    };
    for (let round = 0; round < scale.rounds; round += 1) {
      // A page that knows nothing yet, as in the morning.
      await page.evaluate(() => globalThis.sessionStorage.clear());
      await page.goto(new URL('#/', page.url()).href);
      await page.reload();
      const rail = page.getByRole('link', { name: /^训练记录/u });
      await rail.waitFor();
      await page.waitForLoadState('networkidle');
      timesMs.open.push(
        await timeToPaint(page, [countIs(newest.length), rowIs(0, newest[0])], () => rail.click()),
      );
      await count('runs', expected.count);

      const word = WORDS[round % WORDS.length] ?? '';
      const found = expected.found(word);
      const search = page.getByRole('textbox', { name: /搜索名称/u });
      await search.click();
      timesMs.search.push(
        await timeToPaint(page, [countIs(found.length), rowIs(0, found[0])], () => page.keyboard.type(word)),
      );
      await count(`runs with “${word}”`, found.length);
      await search.fill('');
      await stands(page, [countIs(newest.length), rowIs(0, newest[0])]);

      const [sort, head] = SORTS[round % SORTS.length] ?? ['loss', '损失'];
      const ascending = expected.sorted(sort, false);
      const button = page
        .getByRole('columnheader', { name: head, exact: false })
        .getByRole('button', { name: head, exact: true });
      timesMs.sort.push(await timeToPaint(page, [rowIs(0, ascending[0])], () => button.click()));

      const last = ascending.length - 1;
      await page.getByRole('grid').focus();
      timesMs.end.push(
        await timeToPaint(page, [rowIs(last, ascending[last])], () => page.keyboard.press('End')),
      );
    }
    return { timesMs, counts };
  },
};

const countIs = (count: number): Painted => ({
  selector: '[role=status]',
  text: `共 ${count.toLocaleString('en-US')} 条`,
});

const rowIs = (index: number, name: string | undefined): Painted => ({
  selector: `[role=row][aria-rowindex="${String(index + 2)}"]`,
  part: name ?? 'no such run',
});

async function shownCount(page: Page): Promise<number> {
  const words = await page.getByRole('status').allInnerTexts();
  const found = words.map((one) => COUNT.exec(one)?.[1]).find((one) => one !== undefined);
  return Number((found ?? 'NaN').replaceAll(',', ''));
}
