import { targetPatternFault } from '../../protocol/target-pattern.ts';
import type { Recipe } from '../../protocol/recipe.ts';
import {
  loraModulesByLayer,
  moduleName,
  type DecoderShape,
  type LoraChoice,
  type WholeModules,
} from './decoder-shape.ts';
import { setting, type PreflightFix, type PreflightNote } from './preflight-note.ts';

/** What the files of an adapter say of it. */
export type AdapterFacts = Readonly<{
  folder: string;
  rank: number;
  alpha: number;
  rsLora: boolean;
  dora: boolean;
  /** PEFT's `target_modules`: names, or an expression over whole names. */
  targets: string | readonly string[];
  /** PEFT's `modules_to_save`. */
  whole: readonly string[];
  /** Whether it was trained on the recipe's base; undefined where its record does not tell. */
  sameBase: boolean | undefined;
}>;

/** What a recipe's `lora.continueFrom` leads to: an adapter, or the code and parameters of what is wrong with it. */
export type StartingAdapter =
  | Readonly<{ kind: 'adapter'; facts: AdapterFacts }>
  | Readonly<{ kind: 'unusable'; code: string; params: Readonly<Record<string, unknown>> }>;

const EMBEDDING_NAMES = new Set(['tok_embeddings', 'embed_tokens']);

/**
 * What keeps a run from starting with the weights of an adapter, as `legal_eagle.engine.initial_adapter` refuses
 * it: each setting that the adapter has otherwise, with the value that would go.
 */
export function assessStartingAdapter(
  starting: StartingAdapter,
  recipe: Recipe,
  shape: DecoderShape,
): readonly PreflightNote[] {
  if (starting.kind === 'unusable') return [{ code: starting.code, params: starting.params, fixes: [] }];
  const { facts } = starting;
  if (facts.sameBase === false) {
    return [{ code: 'train.adapter_other_base', params: { folder: facts.folder }, fixes: [] }];
  }
  const { lora } = recipe;
  return [
    ...differing('lora.rank', lora.rank, facts.rank),
    ...differing('lora.alpha', lora.alpha, facts.alpha),
    ...differing('lora.rsLora', lora.rsLora, facts.rsLora),
    ...differing('lora.dora', lora.dora, facts.dora),
    ...differing('lora.whole', lora.whole, wholeOf(facts.whole)),
    ...targetNotes(facts, lora, shape),
  ];
}

function differing(field: string, ours: number | string | boolean, theirs: number | string | boolean) {
  return ours === theirs ? [] : [note(field, ours, theirs, [setting(field, theirs)])];
}

function targetNotes(facts: AdapterFacts, ours: LoraChoice, shape: DecoderShape): readonly PreflightNote[] {
  const theirs = choiceOf(facts.targets);
  // PEFT takes any expression; those that only Python could read are left to the engine.
  if (theirs === undefined) return [];
  const [wanted, found] = [namesOf(shape, ours), namesOf(shape, theirs)];
  if (wanted.length === found.length && wanted.every((name, at) => name === found[at])) return [];
  return [note('lora.targets', shortNames(wanted), shortNames(found), [])];
}

function choiceOf(targets: AdapterFacts['targets']): LoraChoice | undefined {
  if (targets === 'all-linear') return { targets: 'all', targetPattern: null };
  if (typeof targets !== 'string') return { targets: [...targets], targetPattern: null };
  return targetPatternFault(targets) === undefined ? { targets: 'all', targetPattern: targets } : undefined;
}

const namesOf = (shape: DecoderShape, choice: LoraChoice): readonly string[] =>
  loraModulesByLayer(shape, choice).flatMap((modules, layer) =>
    modules.map((module) => moduleName(layer, module)),
  );

const shortNames = (names: readonly string[]): readonly string[] =>
  [...new Set(names.map((name) => name.split('.').at(-1) ?? name))].sort();

function wholeOf(names: readonly string[]): WholeModules {
  const embeddings = names.some((name) => EMBEDDING_NAMES.has(name.split('.').at(-1) ?? name));
  const head = names.some((name) => !EMBEDDING_NAMES.has(name.split('.').at(-1) ?? name));
  if (embeddings) return head ? 'both' : 'embeddings';
  return head ? 'head' : 'none';
}

function note(field: string, ours: unknown, theirs: unknown, fixes: readonly PreflightFix[]): PreflightNote {
  const params = { field, adapter: JSON.stringify(theirs), recipe: JSON.stringify(ours) };
  return { code: 'train.adapter_differs', params, fixes };
}
