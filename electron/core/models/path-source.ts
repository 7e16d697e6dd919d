import path from 'node:path';

import type { ModelSource } from '../../shared/contract/methods/models.ts';

/**
 * The hub that a path inside a cache speaks of, by the layouts of `huggingface_hub`
 * (`models--owner--name/snapshots/<revision>`) and of `modelscope` (`models/owner--name/snapshots/<revision>`, before
 * that `owner/name` below a folder `hub` or `hub/models`). Undefined for any other path.
 */
export function sourceOfPath(place: string): ModelSource | undefined {
  const parts = place.split(/[\\/]/u);
  const at = parts.findLastIndex((part, index) => part === 'snapshots' && parts[index + 1] !== undefined);
  const holder = at < 1 ? undefined : parts[at - 1];
  if (holder !== undefined) {
    const revision = parts[at + 1] ?? '';
    const huggingFace = /^models--([^-].*?)(?:--(.+))?$/u.exec(holder);
    if (huggingFace?.[1] !== undefined) {
      const repository = [huggingFace[1], huggingFace[2]].filter((one) => one !== undefined).join('/');
      return { hub: 'huggingface', repository, revision };
    }
    const modelScope = /^([^-].*?)--(.+)$/u.exec(holder);
    if (modelScope?.[1] !== undefined && modelScope[2] !== undefined && parts[at - 2] === 'models')
      return { hub: 'modelscope', repository: `${modelScope[1]}/${modelScope[2]}`, revision };
  }
  // The older ModelScope layout keeps no revision in the path.
  const below = /(?:^|[\\/])modelscope[\\/]hub[\\/](?:models[\\/])?([^\\/]+)[\\/]([^\\/]+)$/u.exec(place);
  if (below?.[1] !== undefined && below[2] !== undefined) {
    return { hub: 'modelscope', repository: `${below[1]}/${readableName(below[2])}` };
  }
  return undefined;
}

/** ModelScope writes a dot of a name as three underscores, so that links and modules can carry it. */
export const readableName = (name: string): string => name.replaceAll('___', '.');

/** A name for people: of a snapshot the repository's, else the folder's or the file's. */
export function nameOfPath(place: string): string {
  const repository = sourceOfPath(place)?.repository;
  return repository === undefined
    ? path.basename(place).replace(/\.gguf$/iu, '')
    : nameOfRepository(repository);
}

/** `name` of `owner/name`. */
export const nameOfRepository = (repository: string): string => repository.slice(repository.indexOf('/') + 1);
