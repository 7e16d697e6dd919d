import { preflightText } from '../preflight-text.ts';
import type { Verb } from '../verb.ts';
import { readRecipe, RECIPE_OPTIONS, withSettings } from './train.ts';

export const preflight: Verb = {
  name: 'preflight',
  summary: {
    en: 'what a recipe will do and need, and whether it fits this machine',
    zh: '开训检查：预测训练方案的步数、显存与磁盘，判断本机能否放下',
  },
  usage: 'RECIPE.yaml [--set key=value]…',
  options: RECIPE_OPTIONS,
  run: async ({ args, session, terminal }) => {
    const recipe = withSettings(readRecipe(args.required(0, 'RECIPE')), args.list('set'));
    const client = await session.open('read');
    const view = await client.call('preflight.estimate', { recipe });
    terminal.say(preflightText(view, terminal.language));
    return { value: view, exitCode: view.problems.length === 0 ? 0 : 1 };
  },
};
