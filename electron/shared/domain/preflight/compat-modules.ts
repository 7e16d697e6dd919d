import { matchesTargetPattern } from '../../protocol/target-pattern.ts';
import type { LoraChoice } from './decoder-shape.ts';

/** As `legal_eagle.compat.lora_layers` tells attention from MLP by name. */
const ATTENTION = /(^|[._])(attn|attention|self_attention|self_attn|cross_attn)([._]|$)/u;

const isNamed = (name: string, target: string): boolean => name === target || name.endsWith(`.${target}`);

/** What keeps a recipe's targets from choosing any layer of a base whose modules have names of their own. */
export type CompatTargetFault =
  | Readonly<{ code: 'model.lora_target'; target: string; available: string }>
  | Readonly<{ code: 'model.lora_pattern_unmatched'; pattern: string; example: string }>;

/**
 * The fault of `targets` and `targetPattern` on linear modules `names` (full, as the checkpoint has them), found as
 * `targeted_modules` of the compat engine finds it when the base is loaded.
 */
export function compatTargetFault(
  names: readonly string[],
  { targets, targetPattern }: LoraChoice,
): CompatTargetFault | undefined {
  const available = [...new Set(names.map((name) => name.slice(name.lastIndexOf('.') + 1)))]
    .toSorted()
    .join(', ');
  const unknown =
    typeof targets === 'string'
      ? undefined
      : targets.find((target) => !names.some((name) => isNamed(name, target)));
  const chosen = names.filter((name) => {
    if (targets === 'all') return true;
    if (targets === 'attention') return ATTENTION.test(name);
    if (targets === 'mlp') return !ATTENTION.test(name);
    return targets.some((target) => isNamed(name, target));
  });
  if (unknown !== undefined || chosen.length === 0) {
    const target = unknown ?? (typeof targets === 'string' ? targets : targets.join(', '));
    return { code: 'model.lora_target', target, available };
  }
  if (targetPattern === null || chosen.some((name) => matchesTargetPattern(targetPattern, name))) {
    return undefined;
  }
  return { code: 'model.lora_pattern_unmatched', pattern: targetPattern, example: chosen[0] ?? '' };
}
