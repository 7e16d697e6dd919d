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
