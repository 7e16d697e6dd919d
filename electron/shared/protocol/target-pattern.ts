/** Why an expression cannot choose layers; the words are those of `legal_eagle.engine.lora_targets`. */
export type TargetPatternFault = 'escape' | 'group' | 'quantified-group' | 'quantifiers' | 'syntax';

const MOST_QUANTIFIERS = 4;
/** Escapes and classes say nothing about structure, so they are taken out before it is looked at. */
const ATOMS = /\\[dws.\\/+*?(){}[\]|^$-]|\[\^?(?:[^[\]\\]|\\[dws.\\-])+\]/gu;
const QUANTIFIER = /[*+?]|\{\d+(?:,\d*)?\}/gu;

/**
 * Checks a regular expression over module names: the subset that Python and JavaScript read alike and that no
 * text makes slow. Undefined where it is usable.
 */
export function targetPatternFault(pattern: string): TargetPatternFault | undefined {
  const bare = pattern.replaceAll(ATOMS, 'a');
  if (/[\\[\]]/u.test(bare)) return 'escape';
  if (/\((?=\?)(?!\?:)/u.test(bare)) return 'group';
  if (/\)(?:[*+?]|\{)/u.test(bare)) return 'quantified-group';
  if ((bare.replaceAll('(?:', '(').match(QUANTIFIER) ?? []).length > MOST_QUANTIFIERS) return 'quantifiers';
  return compiled(pattern) === undefined ? 'syntax' : undefined;
}

/** Whether the whole of `name` matches; false for an expression that cannot be used. */
export function matchesTargetPattern(pattern: string, name: string): boolean {
  return targetPatternFault(pattern) === undefined && compiled(pattern)?.test(name) === true;
}

function compiled(pattern: string): RegExp | undefined {
  try {
    // Without the u flag: Python takes an escaped hyphen or slash, which that flag refuses.
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return undefined;
  }
}
