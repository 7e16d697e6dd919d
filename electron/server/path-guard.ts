import path from 'node:path';

import type { Dispatcher } from '../rpc/dispatcher.ts';
import type { GrantedRoots } from './granted-roots.ts';

type Params = Readonly<Record<string, unknown>>;

/** A record's name or id holds no separator; a path does. */
const looksLikePath = (text: string): boolean => path.isAbsolute(text) || /[/\\]/u.test(text);

const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');

const recipePaths = (params: Params): readonly string[] => {
  const recipe = params['recipe'];
  if (typeof recipe !== 'object' || recipe === null) return [];
  const { model, dataset } = recipe as Params;
  return [...textsOf(model), ...textsOf(dataset)].filter(looksLikePath);
};

/** Every method whose input names a place on this machine. */
const PATHS: Readonly<Record<string, (params: Params) => readonly string[]>> = {
  'datasets.import': ({ sources }) => textsOf(sources),
  'models.add': (params) => textsOf(params['path']),
  'runs.adopt': (params) => textsOf(params['path']),
  'runs.export': (params) => textsOf(params['path']),
  'runs.start': recipePaths,
  'preflight.estimate': recipePaths,
  'datasets.inspect': ({ sources }) => textsOf(sources),
};

/** The same methods for a browser, which may name only paths below the granted roots. */
export function guardPaths(dispatcher: Dispatcher, granted: GrantedRoots): Dispatcher {
  return {
    call: async (method, params) => {
      const read = Object.hasOwn(PATHS, method) ? PATHS[method] : undefined;
      if (read !== undefined && typeof params === 'object' && params !== null) {
        for (const offered of read(params as Params)) granted.resolve(offered);
      }
      return dispatcher.call(method, params);
    },
  };
}
