import path from 'node:path';

import type { ModelCache } from '../../shared/contract/methods/models.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Where the caches of other programs lie, by the variables that those programs read, else where they put them. None
 * of the places is looked at.
 */
export function cachePlaces(variables: Variables): readonly ModelCache[] {
  const home = variables['HOME'] ?? variables['USERPROFILE'];
  const stated = (kind: ModelCache['kind'], variable: string, ...below: readonly string[]): ModelCache[] => {
    const value = variables[variable];
    if (value === undefined || value === '') return [];
    const expanded = home !== undefined && /^~(?=$|[\\/])/u.test(value) ? home + value.slice(1) : value;
    return path.isAbsolute(expanded) ? [{ kind, path: path.join(expanded, ...below), variable }] : [];
  };
  const usual = (kind: ModelCache['kind'], ...below: readonly string[]): ModelCache[] =>
    home === undefined || home === '' ? [] : [{ kind, path: path.join(home, ...below) }];
  const first = (...choices: readonly ModelCache[][]): readonly ModelCache[] =>
    choices.find((one) => one.length > 0) ?? [];
  return [
    ...first(
      stated('huggingface', 'HF_HUB_CACHE'),
      stated('huggingface', 'HUGGINGFACE_HUB_CACHE'),
      stated('huggingface', 'HF_HOME', 'hub'),
      stated('huggingface', 'XDG_CACHE_HOME', 'huggingface', 'hub'),
      usual('huggingface', '.cache', 'huggingface', 'hub'),
    ),
    ...first(stated('modelscope', 'MODELSCOPE_CACHE'), usual('modelscope', '.cache', 'modelscope')),
    ...first(stated('ollama', 'OLLAMA_MODELS'), usual('ollama', '.ollama', 'models')),
  ];
}
