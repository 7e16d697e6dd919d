import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { parse, stringify } from 'yaml';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { ForeignSetting } from '../../shared/domain/recipes/foreign-settings.ts';
import { importSettings } from '../../shared/domain/recipes/import-settings.ts';
import { nest } from '../../shared/domain/recipes/recipe-draft.ts';
import { PUBLISHED_RECIPES } from '../../shared/domain/recipes/published-recipes.ts';
import type { Words } from '../language.ts';
import type { Verb, VerbContext } from '../verb.ts';

const TOOLS = {
  llamaFactory: 'LLaMA-Factory',
  medicalGpt: 'MedicalGPT',
  trainer: 'transformers Trainer',
} as const;

/** What is left of the other tool's settings, by what a person has to do about it. */
const LEFT = [
  [
    'notCarried',
    {
      en: 'Decides something there that this recipe cannot say; look at each:',
      zh: '在那边起作用、但本方案无法表达，请逐项确认：',
    },
  ],
  ['unknown', { en: 'Not known here, and left out:', zh: '这里不认识，已略去：' }],
  [
    'notNeeded',
    {
      en: 'Only concerns how the other tool works, and is left out:',
      zh: '只关系到那个工具自身的运行，已略去：',
    },
  ],
] as const satisfies readonly (readonly ['notCarried' | 'unknown' | 'notNeeded', Words])[];

const listed = (settings: readonly ForeignSetting[]): string =>
  settings.map(({ name, value }) => `${name}=${value}`).join('  ');

/** A recipe from a train command or a configuration of another tool, as the form reads it. Starts nothing. */
export const recipeImport: Verb = {
  name: 'recipe import',
  summary: {
    en: 'a recipe from a command or a YAML file of LLaMA-Factory or MedicalGPT',
    zh: '由 LLaMA-Factory 或 MedicalGPT 的命令或 YAML 生成训练方案',
  },
  usage: 'FILE [--out RECIPE.yaml] [--model REF] [--dataset REF]',
  options: {
    out: {
      kind: 'text',
      value: 'FILE',
      help: { en: 'write the recipe there; without it, print it', zh: '把训练方案写入该文件；不写则打印' },
    },
    model: {
      kind: 'text',
      value: 'REF',
      help: { en: 'base model in place of the one named there', zh: '代替其中所写的基座模型' },
    },
    dataset: {
      kind: 'text',
      value: 'REF',
      help: { en: 'dataset in place of the one named there', zh: '代替其中所写的数据集' },
    },
  },
  run: (context) => Promise.resolve(runImport(context)),
};

function runImport({ args, terminal }: VerbContext): { value: unknown } {
  const file = args.required(0, 'FILE');
  const imported = importSettings(textOf(file));
  const { tool, notCarried, notNeeded, unknown } = imported;
  if (tool === undefined) throw new StudioError('recipe.import_nothing', { file });
  const named = { model: args.text('model'), dataset: args.text('dataset') };
  const chosen = Object.entries(named).filter(([, reference]) => reference !== undefined);
  const settings = { ...imported.assumed, ...imported.settings, ...Object.fromEntries(chosen) };
  const recipe = { version: 1, ...nest(settings) };
  const out = args.text('out');
  if (out === undefined) terminal.say(stringify(recipe).trimEnd());
  else writeNew(out, stringify(recipe));
  terminal.warn(
    terminal.words({
      en: `Read as ${TOOLS[tool]}; what it takes where nothing is written is written out.`,
      zh: `按 ${TOOLS[tool]} 读取；未写明的设置按该工具的默认值写出。`,
    }),
  );
  for (const [kind, words] of LEFT) {
    if (imported[kind].length > 0) terminal.warn(`${terminal.words(words)}\n  ${listed(imported[kind])}`);
  }
  for (const field of ['model', 'dataset'] as const) {
    if (settings[field] !== undefined) continue;
    terminal.warn(
      terminal.words({
        en: `No ${field} is named; add it to the recipe or give --${field}.`,
        zh: `没有写明${field === 'model' ? '基座模型' : '数据集'}，请在方案中补上，或使用 --${field}。`,
      }),
    );
  }
  return { value: { tool, recipe, notCarried, notNeeded, unknown, ...(out === undefined ? {} : { out }) } };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StudioError('cli.file_unreadable', { file, reason });
  }
}

/** What a person wrote before is never written over. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const reason = error instanceof Error ? error.message : String(error);
    throw new StudioError(isThere ? 'cli.file_exists' : 'cli.file_unwritable', { file, reason });
  }
}

/** The recipes that come with the studio. */
export const recipeList: Verb = {
  name: 'recipe list',
  summary: { en: 'the recipes that come with the studio', zh: '列出自带的训练方案' },
  usage: '',
  options: {},
  run: ({ session, terminal }) => {
    const folder = path.join(session.ports.resourcesDir, 'recipes');
    const items = readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .toSorted()
      .map((name) => {
        const file = path.join(folder, name);
        const { name: title } = parse(readFileSync(file, 'utf8')) as Readonly<{ name?: string }>;
        const id = path.basename(name, '.yaml');
        const published = PUBLISHED_RECIPES.find((one) => one.id === id);
        return { id, name: title ?? id, file, ...(published === undefined ? {} : { published }) };
      });
    for (const { id, file, published } of items) {
      const was = published === undefined ? '' : `  ${published.cards} × ${published.deviceName}`;
      terminal.say(`${id}${was}\n  ${file}`);
    }
    return Promise.resolve({ value: { total: items.length, items } });
  },
};
