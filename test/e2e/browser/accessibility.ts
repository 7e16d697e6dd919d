import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { Page } from 'playwright-core';

import { repositoryRoot } from '../../helpers/studio-cli.ts';

const AXE = readFileSync(path.join(repositoryRoot, 'node_modules/axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

type AxeWindow = Window & {
  axe: {
    run: (
      root: Document,
      options: object,
    ) => Promise<{ violations: readonly { id: string; nodes: readonly { html: string }[] }[] }>;
  };
};

/** What axe finds wrong on the page by WCAG A and AA, one line each. Needs a context that bypasses the policy. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await settled(page);
  // The page's own policy would refuse the script; the checker is no part of the page.
  await page.evaluate(AXE);
  return page.evaluate(async (rules) => {
    const { violations } = await (window as unknown as AxeWindow).axe.run(document, {
      runOnly: { type: 'tag', values: rules },
    });
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
    );
  }, RULES);
}

/** Colours that are on their way from one scheme to the other have a contrast that nobody reads. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const moving = (): readonly Animation[] =>
      document
        .getAnimations()
        .filter(
          (one) => one.playState === 'running' && one.effect?.getComputedTiming().iterations !== Infinity,
        );
    do {
      await Promise.allSettled(moving().map(({ finished }) => finished));
      // A change of scheme starts its transitions with the next frame.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    } while (moving().length > 0);
  });
}
