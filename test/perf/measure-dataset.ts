import type { Page } from 'playwright-core';

import { BENCH_DATASET, fillDataset } from './fill-dataset.ts';
import { BenchRows } from './bench-rows.ts';
import type { CheckedCount, Measured, Measurement } from './measurement.ts';
import { heightInside, scrollTo, stands, timeToPaint, type Painted } from './stopwatch.ts';

/** Two characters each, from every second row to none. */
const WORDS = ['合同', '离婚', '盗窃', '工伤', '股东', '抚养', '诉讼', '行政', '遗嘱', '专利'];
const KINDS: readonly (readonly [code: string, holds: (at: number) => boolean])[] = [
  ['row.empty_value', (at) => BenchRows.hasEmptyAnswer(at)],
  ['row.missing_key', (at) => BenchRows.hasNoAnswer(at)],
];
const ROW_PX = 32;
/** More rows than are asked for at once. */
const ROWS_CROSSED = 150;

/** A large dataset: opened, searched for a word, looked at deep inside, and filtered by a kind of problem. */
export const DATASET_MEASUREMENT: Measurement = {
  name: 'dataset',
  fill: (home, scale) => fillDataset(home, new BenchRows(scale.rows)),
  measure: async ({ page, scale }): Promise<Measured> => {
    const rows = new BenchRows(scale.rows);
    const excluded = rows.countOf((at) => BenchRows.isExcluded(at));
    const timesMs = {
      open: [] as number[],
      search: [] as number[],
      jump: [] as number[],
      nextPage: [] as number[],
      excluded: [] as number[],
      problem: [] as number[],
    };
    const counts: CheckedCount[] = [];
    const part = async (name: string, expected: number): Promise<void> => {
      const found = numberIn(await page.getByTestId(`count-${name}`).innerText());
      counts.push({ what: `rows: ${name}`, expected, found });
    };
    for (let round = 0; round < scale.rounds; round += 1) {
      await page.goto(new URL('#/datasets', page.url()).href);
      await page.reload();
      const listed = page.getByRole('gridcell', { name: BENCH_DATASET, exact: true });
      await listed.waitFor();
      await page.waitForLoadState('networkidle');
      timesMs.open.push(await timeToPaint(page, [foundIs(rows.count), rowIs(0)], () => listed.click()));
      await part('all', rows.count);
      await part('excluded', excluded);

      const word = WORDS[round % WORDS.length] ?? '';
      const { count, first } = rows.withWord(word);
      const search = page.getByRole('textbox', { name: /全文搜索/u });
      await search.click();
      timesMs.search.push(
        await timeToPaint(page, [foundIs(count), rowIs(0, first)], () => page.keyboard.type(word)),
      );
      counts.push({ what: `rows with “${word}”`, expected: count, found: await foundRows(page) });
      await search.fill('');
      await stands(page, [foundIs(rows.count), rowIs(0)]);

      const deep = Math.floor(rows.count * (0.5 + round / (2.5 * scale.rounds)));
      timesMs.jump.push(
        await timeToPaint(page, [rowIs(deep)], () => scrollTo(page, '[role=grid]', deep * ROW_PX)),
      );
      const grid = page.getByRole('grid');
      const pageRows = Math.floor((await heightInside(page, '[role=grid]')) / ROW_PX) - 2;
      await page.locator(`[aria-rowindex="${String(deep + 4)}"]`).click();
      await grid.focus();
      // The slowest of the presses that cross into rows which were not asked for before.
      const times: number[] = [];
      for (let press = 1; press * pageRows < ROWS_CROSSED; press += 1) {
        const active: Painted = {
          selector: '[role=row][data-active]',
          part: BenchRows.mark(deep + 2 + press * pageRows),
        };
        times.push(await timeToPaint(page, [active], () => page.keyboard.press('PageDown')));
      }
      timesMs.nextPage.push(Math.max(...times));

      timesMs.excluded.push(
        await timeToPaint(page, [foundIs(excluded), rowIs(0, 7)], () =>
          page.getByTestId('count-excluded').click(),
        ),
      );
      counts.push({ what: 'excluded rows listed', expected: excluded, found: await foundRows(page) });

      await page.getByRole('tab', { name: /^问题/u }).click();
      const [code, holds] = KINDS[round % KINDS.length] ?? KINDS[0] ?? ['', () => false];
      const withProblem = rows.countOf(holds);
      const kind = page.getByTitle(code, { exact: true });
      await kind.waitFor();
      await page.getByRole('button', { name: '全部', exact: true }).waitFor();
      timesMs.problem.push(
        await timeToPaint(
          page,
          [
            {
              selector: `button[title="${code}"][aria-pressed=true]`,
              part: ` · ${withProblem.toLocaleString('en-US')}`,
            },
            { selector: 'tbody tr:first-child td:nth-child(2)', text: String(firstAt(holds) + 1) },
          ],
          () => kind.click(),
        ),
      );
      counts.push({ what: code, expected: withProblem, found: numberIn(await kind.innerText()) });
    }
    return { timesMs, counts };
  },
};

const foundIs = (count: number): Painted => ({
  selector: '[aria-live=polite]',
  text: `${count.toLocaleString('en-US')} 行`,
});

const rowIs = (index: number, row = index): Painted => ({
  selector: `[role=row][aria-rowindex="${String(index + 2)}"]`,
  part: BenchRows.mark(row),
});

const numberIn = (words: string): number => Number(/([\d,]+)\D*$/u.exec(words)?.[1]?.replaceAll(',', ''));

async function foundRows(page: Page): Promise<number> {
  return numberIn(
    await page
      .getByText(/^[\d,]+ 行$/u)
      .first()
      .innerText(),
  );
}

function firstAt(holds: (at: number) => boolean): number {
  let at = 0;
  while (!holds(at)) at += 1;
  return at;
}
