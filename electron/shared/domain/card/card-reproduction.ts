import type { Recipe } from '../../protocol/recipe.ts';
import type { CardScene } from './card-scene.ts';
import { fill } from './card-words.ts';
import { codeBlock, inlineText, markdownTable } from './markdown-text.ts';
import { yamlText, type YamlMap, type YamlValue } from './yaml-text.ts';

/** What somebody needs to train it again: the recipe as the studio reads it, and what it was put to. */
export function reproductionSection({ hub, record, text, words }: CardScene): string {
  const { reproduce } = words;
  const { base, studioVersion, training } = record;
  const rows = [
    [reproduce.runId, `\`${training.runId}\``],
    [reproduce.plan, training.plan === undefined ? text(undefined) : `\`${training.plan.planHash}\``],
    [reproduce.baseRevision, inlineText(text(base.revision))],
  ];
  const id = base.ids[hub] ?? base.name;
  const recipe = cardRecipe(training.recipe, id, record.datasets[0]?.name ?? training.recipe.dataset);
  return [
    `## ${reproduce.heading}`,
    fill(reproduce.intro, { version: inlineText(studioVersion) }),
    markdownTable([words.item, words.value], rows),
    `${reproduce.command}\n\n${codeBlock('legal-eagle train recipe.yaml', 'sh')}`,
    `<details><summary>${reproduce.recipe} (recipe.yaml)</summary>\n\n${codeBlock(yamlText(recipe), 'yaml')}\n\n</details>`,
  ].join('\n\n');
}

/**
 * The recipe without what belongs to one machine: paths become names, cards and threads are the reader's own, and the
 * questions of the answer board stay with their author.
 */
function cardRecipe(recipe: Recipe, model: string, dataset: string): YamlMap {
  const { continueFrom: _continueFrom, ...lora } = recipe.lora;
  const { samplePrompts: _samplePrompts, ...evaluation } = recipe.evaluation;
  const { cpuThreads: _cpuThreads, gpu: _gpu, profileSteps: _profileSteps, ...hardware } = recipe.hardware;
  return withoutNull({ ...recipe, model, dataset, lora, evaluation, hardware });
}

/** A field that is null stands for its default, which is what a recipe without it means. */
function withoutNull(map: object): YamlMap {
  return Object.fromEntries(
    Object.entries(map).flatMap(([key, value]: [string, unknown]) =>
      value === null || value === undefined
        ? []
        : [
            [
              key,
              typeof value === 'object' && !Array.isArray(value) ? withoutNull(value) : (value as YamlValue),
            ],
          ],
    ),
  );
}
