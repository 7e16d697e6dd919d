import path from 'node:path';

import type { ModelRecord } from '../db/repositories/model-repository.ts';
import { readableName } from './path-source.ts';

/**
 * The library's record of the base that an adapter or a merged model belongs to: the folder it was made on, else the
 * one whose path, repository or name its configuration gives. Undefined where nothing fits.
 */
export function findBase(model: ModelRecord, bases: readonly ModelRecord[]): ModelRecord | undefined {
  const others = bases.filter((base) => base.id !== model.id);
  const made = others.find((base) => base.path === model.baseModelPath);
  const stated = model.facts?.adapter?.baseName;
  if (made !== undefined || stated === undefined) return made;
  const name = lastPart(stated);
  return (
    others.find((base) => base.path === path.normalize(stated)) ??
    others.find((base) => same(base.source?.repository, stated)) ??
    others.find((base) => same(lastPart(base.source?.repository ?? ''), name)) ??
    others.find((base) => same(base.name, name) || same(readableName(path.basename(base.path)), name))
  );
}

const lastPart = (text: string): string =>
  readableName(text.split(/[\\/]/u).findLast((part) => part !== '') ?? '');

const same = (left: string | undefined, right: string): boolean =>
  left !== undefined && left !== '' && left.toLowerCase() === right.toLowerCase();
