import type { Locator, Page } from 'playwright-core';

import { COMPARED, fillCharts, firstStepOf, LIVE, startLiveRun, STEPS } from './fill-charts.ts';
import type { CheckedCount, Measured, Measurement } from './measurement.ts';
import { installRedrawWatch, timesOfAppends, timeToRedraw } from './redraw-watch.ts';
import { VALUE_AT } from './written-steps.ts';

/** The curves of a run and of a comparison of four, 100,000 points each. */
export const CHARTS_MEASUREMENT: Measurement = {
  name: 'charts',
  fill: (home) => fillCharts(home),
  measure: async ({ page, scale }): Promise<Measured> => {
    await installRedrawWatch(page);
    await page.reload();
    const counts: CheckedCount[] = [];
    const run = await measureScreen(page, counts, scale.rounds, {
      name: 'run',
      title: `${COMPARED[0]} · 损失`,
      curves: [0],
      open: () => openRun(page, COMPARED[0]),
    });
    const compare = await measureScreen(page, counts, scale.rounds, {
      name: 'compare',
      title: '损失',
      curves: [0, 1, 2, 3],
      open: () => openComparison(page),
    });
    const timesMs = { ...run, ...compare, 'run append': await measureAppends(page, scale.rounds) };
    return { timesMs, counts };
  },
};

type Screen = Readonly<{
  name: string;
  /** Of the chart that is steered. */
  title: string;
  /** Which of the filled runs it shows. */
  curves: readonly number[];
  open: () => Promise<void>;
}>;

async function measureScreen(
  page: Page,
  counts: CheckedCount[],
  rounds: number,
  screen: Screen,
): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = {};
  const chart = page.locator(`section[aria-label="${screen.title}"]`);
  const drawing = `section[aria-label="${screen.title}"] svg.recharts-surface`;
  const plot = `section[aria-label="${screen.title}"] [role=application]`;
  const time = async (what: string, selector: string, act: () => Promise<unknown>): Promise<void> => {
    (times[`${screen.name} ${what}`] ??= []).push(await timeToRedraw(page, selector, act));
  };
  await screen.open();
  await chart.locator('[data-part="band"]').first().waitFor({ state: 'attached' });
  await page.waitForTimeout(1000);
  counts.push(await drawnExtremes(chart, screen, 1, STEPS, 'whole'));
  const slider = chart.getByRole('slider');
  for (let round = 0; round < rounds; round += 1) {
    const box = await chart.locator('svg.recharts-surface').first().boundingBox();
    if (box === null) throw new Error('no chart');
    const left = box.x + 60;
    const width = box.width - 80;
    const y = box.y + box.height / 2;
    const at = (share: number): number => left + width * share;
    await time('hover', plot, () =>
      page.mouse.move(at(0.2 + 0.6 * ((round * 7) % 10) * 0.1), y + (round % 5)),
    );
    const from = 0.1 + 0.05 * (round % 6);
    await page.mouse.move(at(from), y);
    await page.mouse.down();
    await page.mouse.move(at(from + 0.3), y, { steps: 3 });
    await time('zoom', drawing, () => page.mouse.up());
    await page.mouse.move(at(0.5), box.y + box.height + 30);
    if (round === 0) {
      const [low, high] = await shownSteps(chart);
      counts.push(await drawnExtremes(chart, screen, low, high, 'zoomed'));
    }
    await time('reset', drawing, () => page.mouse.dblclick(at(0.5), y));
    await page.mouse.move(at(0.5), box.y + box.height + 30);
    await slider.focus();
    await time('smoothing', drawing, () => page.keyboard.press(round % 2 === 0 ? 'ArrowLeft' : 'ArrowRight'));
    await time('log axis', drawing, () => chart.getByText('对数', { exact: true }).click());
    await time('linear axis', drawing, () => chart.getByText('线性', { exact: true }).click());
  }
  counts.push(await drawnExtremes(chart, screen, 1, STEPS, 'whole again'));
  return times;
}

async function measureAppends(page: Page, rounds: number): Promise<number[]> {
  const stop = startLiveRun();
  try {
    await openRun(page, LIVE);
    const drawing = `section[aria-label^="${LIVE}"][aria-label$="· 损失"] svg.recharts-surface`;
    await page.locator(drawing).first().waitFor();
    await page.waitForTimeout(1000);
    return await timesOfAppends(page, drawing, rounds);
  } finally {
    stop();
  }
}

async function openRun(page: Page, name: string): Promise<void> {
  await goTo(page, '/runs');
  await page.getByRole('textbox', { name: /搜索名称/u }).fill(name);
  await page
    .getByRole('link', { name: new RegExp(`^${name}`, 'u') })
    .first()
    .click();
}

async function openComparison(page: Page): Promise<void> {
  await goTo(page, '/runs');
  await page.getByRole('textbox', { name: /搜索名称/u }).fill('长曲线');
  for (const name of COMPARED) await page.getByRole('checkbox', { name: `选择“${name}”参与对比` }).check();
  await page.getByRole('button', { name: '对比（4）' }).click();
}

const goTo = async (page: Page, route: string): Promise<void> => {
  await page.goto(new URL(`#${route}`, page.url()).href);
};

/** The first and last step of the axis, read from the ends of the drawn curve by its tooltip's axis. */
async function shownSteps(chart: Locator): Promise<readonly [number, number]> {
  const shown = await chart.locator('[data-from-step]').first().getAttribute('data-from-step');
  const last = await chart.locator('[data-to-step]').first().getAttribute('data-to-step');
  return [Number(shown), Number(last)];
}

/** Of the lowest and the highest raw value of each curve, those that the drawing reaches to the pixel. */
async function drawnExtremes(
  chart: Locator,
  screen: Screen,
  from: number,
  to: number,
  when: string,
): Promise<CheckedCount> {
  const ticks = await chart.locator('.recharts-yAxis-tick-labels text').evaluateAll((texts) =>
    (texts as unknown as { textContent: string; getAttribute(name: string): string }[]).map((text) => ({
      value: Number(text.textContent.replaceAll(',', '')),
      y: Number(text.getAttribute('y')),
    })),
  );
  const [one, other] = [ticks[0], ticks.at(-1)];
  if (one === undefined || other === undefined) throw new Error('no figures on the axis');
  const pixelOf = (value: number): number =>
    one.y + ((value - one.value) / (other.value - one.value)) * (other.y - one.y);
  const paths = await chart
    .locator('[data-part="band"]')
    .evaluateAll((areas) =>
      (areas as unknown as { getAttribute(name: string): string }[]).map((area) => area.getAttribute('d')),
    );
  let found = 0;
  screen.curves.forEach((curve, index) => {
    const pixels = [...(paths[index] ?? '').matchAll(/[ML]-?[\d.]+,(-?[\d.]+)/gu)].map((hit) =>
      Number(hit[1]),
    );
    let [low, high] = [Infinity, -Infinity];
    for (let step = from; step <= to; step++) {
      const value = VALUE_AT.loss(firstStepOf(curve) + step);
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (Math.abs(Math.max(...pixels) - pixelOf(low)) <= 1) found += 1;
    if (Math.abs(Math.min(...pixels) - pixelOf(high)) <= 1) found += 1;
  });
  return { what: `${screen.name}: drawn extremes, ${when}`, expected: screen.curves.length * 2, found };
}
