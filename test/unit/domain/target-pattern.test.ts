import { describe, expect, it } from 'vitest';

import { checkRecipe } from '../../../electron/shared/domain/recipes/check-recipe.ts';
import {
  matchesTargetPattern,
  targetPatternFault,
} from '../../../electron/shared/protocol/target-pattern.ts';

/** The same cases stand in test_engine_math_lora_options.py: both languages must decide alike. */
describe('an expression over module names', () => {
  it.each([
    ['(q_proj', 'syntax'],
    ['(?=q)q_proj', 'group'],
    ['(a+)+_proj', 'quantified-group'],
    ['.*.*.*.*.*q_proj', 'quantifiers'],
    [String.raw`(q)_proj\1`, 'escape'],
    [String.raw`q_proj\Z`, 'escape'],
  ])('%s is refused as %s', (pattern, fault) => {
    expect(targetPatternFault(pattern)).toBe(fault);
  });

  it.each([
    String.raw`.*\.(q|k)_proj`,
    String.raw`model\.layers\.(?:1\d|2[0-3])\..+`,
    String.raw`.*[^\d]\.down_proj`,
    '.*q_proj',
    'a{2,3}b?',
  ])('%s is accepted', (pattern) => {
    expect(targetPatternFault(pattern)).toBeUndefined();
  });

  // A search instead of a match would put adapters on layers that the engine leaves alone.
  it('must match the whole name', () => {
    const name = 'model.layers.1.self_attn.q_proj';
    expect(matchesTargetPattern('q_proj', name)).toBe(false);
    expect(matchesTargetPattern(String.raw`.*\.q_proj|.*\.v_proj`, name)).toBe(true);
    expect(matchesTargetPattern(String.raw`.*\.q_proj|model`, `${name}.x`)).toBe(false);
  });

  it('is refused by the recipe check with a reason of its own', () => {
    const checked = checkRecipe({ model: 'm', dataset: 'd', lora: { targetPattern: '(a+)+' } });
    expect(checked).toMatchObject({ issues: [{ field: 'lora.targetPattern', reason: 'expression' }] });
  });

  it('biases other than none are refused with what is allowed', () => {
    const checked = checkRecipe({ model: 'm', dataset: 'd', lora: { bias: 'all' } });
    expect(checked).toMatchObject({ issues: [{ field: 'lora.bias', reason: 'choice', allowed: '"none"' }] });
  });
});
