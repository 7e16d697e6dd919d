import path from 'node:path';

import type { Dispatcher } from '../rpc/dispatcher.ts';
import type { GrantedRoots } from './granted-roots.ts';

/** Fields that always name a place on this machine. */
const PLACES: ReadonlySet<string> = new Set(['path', 'sources']);
/** Fields that name a record of the library or, where it is none, a place; in a recipe too. */
const REFERENCES: ReadonlySet<string> = new Set(['model', 'dataset', 'continueFrom']);

/** A record's name or id holds no separator, is no dots, and begins with no drive; a path may. */
const looksLikePath = (text: string): boolean => path.isAbsolute(text) || /[/\\]|^\.+$|^[a-z]:/iu.test(text);

const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');

/** Every place that the input of a method names, however deep: a recipe is part of several inputs. */
function* placesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    if (PLACES.has(name)) yield* textsOf(part);
    else if (REFERENCES.has(name)) yield* textsOf(part).filter(looksLikePath);
    yield* placesIn(part);
  }
}

/** The same methods for a browser, which may name only paths below the granted roots. */
export function guardPaths(dispatcher: Dispatcher, granted: GrantedRoots): Dispatcher {
  return {
    call: async (method, params) => {
      for (const offered of placesIn(params)) granted.resolve(offered);
      return dispatcher.call(method, params);
    },
  };
}
