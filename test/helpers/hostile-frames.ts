import fc from 'fast-check';

/** Longer than a frame may be. */
const HUGE = 9_000_000;
const PROTOTYPE_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'toJSON',
];
const FIELDS = [
  'run',
  'dataset',
  'model',
  'recipe',
  'path',
  'sources',
  'name',
  'search',
  'limit',
  'offset',
  'keys',
  'tags',
  'messages',
];
const TOPICS = ['runs', 'queue', 'gpu', 'job.x', 'run.x', '__proto__', 'toString', '', 'r'.repeat(121)];

const nested = (depth: number, asList: boolean): unknown => {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level++) value = asList ? [value] : { deeper: value };
  return value;
};

function cycle(size: number): unknown {
  const first: Record<string, unknown> = { k: 'req', id: 1, method: 'app.info' };
  let last = first;
  for (let count = 0; count < size; count++) last = last['next'] = { count };
  last['next'] = first;
  return first;
}

/** Values as only a message port carries them, and values that break code which walks, merges or prints. */
const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.anything({
      maxDepth: 3,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
      2 ** 53,
      -1,
      1e308,
      10n ** 40n,
      new Date(Number.NaN),
      /(a+)+$/u,
      new Error('hostile'),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...PROTOTYPE_KEYS), fc.jsonValue())
      .map(([key, value]): unknown => JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.integer({ min: 60, max: 3000 }), fc.boolean()).map(([d, l]) => nested(d, l)),
  },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 20 }).map(cycle) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 5000 }).map((size) => new Uint8Array(size)) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
);

/** Sends little and means much, or the reverse. Rare: each takes the time of hundreds of others. */
const oversized: fc.Arbitrary<unknown> = fc.constantFrom(
  () => 'x'.repeat(HUGE),
  () => new Uint8Array(HUGE),
  (): unknown => new Array<unknown>(HUGE),
  () => Array.from({ length: HUGE / 8 }, () => 0),
);

export type FrameOptions = Readonly<{ seed: number; count: number; methods: readonly string[] }>;

/**
 * Frames as a program that is not ours would send them: fields missing, of wrong types, of right types and
 * senseless; bursts of subscriptions; ids that come twice. The same seed gives the same frames everywhere.
 */
export function hostileFrames({ seed, count, methods }: FrameOptions): readonly unknown[] {
  const often = <Value>(likely: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 9, arbitrary: likely }, { weight: 1, arbitrary: hostileValue });
  // Half of the values pass as JSON, so that they reach what stands behind the frames.
  const value = fc.oneof(hostileValue, fc.jsonValue());
  const name = fc.constantFrom(...FIELDS);
  const params = fc.oneof(
    value,
    fc.dictionary(name, fc.jsonValue(), { maxKeys: 4 }),
    fc.dictionary(name, value, { maxKeys: 4 }),
  );
  const frame = fc.record(
    {
      k: often(fc.constantFrom('req', 'req', 'req', 'sub', 'unsub', 'res', 'evt', 'REQ')),
      // Few numbers: they come twice.
      id: often(fc.integer({ min: 0, max: 500 })),
      method: often(fc.constantFrom(...methods, 'no.such', ...PROTOTYPE_KEYS, 'm'.repeat(81))),
      params,
      topic: often(fc.constantFrom(...TOPICS)),
      since: often(fc.integer({ min: 0, max: 10 })),
    },
    { requiredKeys: ['k', 'id', 'method'] },
  );
  const call = fc.record({
    k: fc.constant('req'),
    id: fc.integer({ min: 0, max: 500 }),
    method: fc.constantFrom(...methods),
    params: fc.dictionary(name, fc.jsonValue(), { maxKeys: 4 }),
  });
  const any = fc.oneof(
    { weight: 50, arbitrary: frame },
    { weight: 30, arbitrary: call },
    { weight: 10, arbitrary: hostileValue },
    {
      weight: 10,
      arbitrary: fc.record({ k: fc.constantFrom('sub', 'unsub'), topic: fc.constantFrom(...TOPICS) }),
    },
  );
  const frames: unknown[] = fc.sample(any, { seed, numRuns: count });
  const large = fc.sample(oversized, { seed, numRuns: Math.ceil(count / 500) }) as readonly (() => unknown)[];
  large.forEach((make, at) => {
    frames[Math.floor(((at + 0.5) * count) / large.length)] = {
      k: 'req',
      id: 1000 + at,
      method: 'app.info',
      params: make(),
    };
  });
  return frames;
}

/** How many answers a far end owes: whatever has a usable number is answered or refused, but for subscriptions. */
export function answersOwed(frame: unknown): Readonly<{ least: number; most: number }> {
  const { id, k } = (typeof frame === 'object' && frame !== null ? frame : {}) as {
    id?: unknown;
    k?: unknown;
  };
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) return { least: 0, most: 0 };
  return { least: k === 'sub' || k === 'unsub' ? 0 : 1, most: 1 };
}
