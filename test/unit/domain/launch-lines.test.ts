import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { describeError } from '../../../electron/shared/contract/errors/index.ts';
import { launchLines, parseHosts } from '../../../electron/shared/domain/launch-lines.ts';
import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';

type Case = Readonly<{
  hosts: string;
  hardware?: object;
  recipe?: string;
  set?: readonly string[];
  lines?: readonly string[];
  code?: string;
}>;

const CASES = JSON.parse(
  readFileSync(new URL('../../fixtures/recipes/launch-lines.json', import.meta.url), 'utf8'),
) as readonly Case[];

describe('the lines of a run over several machines', () => {
  // Bug caught: the studio prints something else than the engine would, or a rank, a quote or a card goes wrong.
  it.each(CASES.filter(({ lines }) => lines !== undefined))('for $hosts', (one) => {
    const hosts = parseHosts(one.hosts);
    if ('code' in hosts) throw new Error(hosts.code);
    const { hardware } = recipeSchema.parse({ model: 'm', dataset: 'd', hardware: one.hardware });
    const lines = launchLines(hosts, hardware, one.recipe ?? '', one.set ?? []);
    expect(lines.map(({ command }) => command)).toEqual(one.lines);
    expect(lines.map(({ host }) => host)).toEqual(hosts);
  });

  // Bug caught: a word of the list becomes a command of the shell into which the person pastes the line.
  it.each(CASES.filter(({ code }) => code !== undefined))('are refused for “$hosts”', ({ hosts, code }) => {
    const fault = parseHosts(hosts);
    if (!('code' in fault)) throw new Error('taken');
    expect(fault.code).toBe(code);
    for (const language of ['en', 'zh'] as const) {
      const text = Object.values(describeError(fault, language)).join(' ');
      expect(text).not.toMatch(/\{\w+\}/u);
    }
  });
});
