import { describe, expect, it } from 'vitest';

import { frameFault } from '../../../electron/rpc/frame-fault.ts';
import { createPageChannels } from '../../../electron/host/page-channels.ts';
import { createInMemoryPair } from '../../../electron/rpc/in-memory-pair.ts';

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = { value };
  return value;
};

describe('what can be no frame', () => {
  it('takes whatever JSON can say, and undefined', () => {
    const frame = { k: 'req', id: 1, params: { a: [1, 'x', null, true, { b: undefined }], n: Number.NaN } };
    expect(frameFault(frame)).toBeUndefined();
    expect(frameFault(JSON.parse('{"__proto__":{"x":1}}'))).toBeUndefined();
    for (const plain of [null, 7, 'text', [], undefined]) expect(frameFault(plain)).toBeUndefined();
  });

  // A handler would meet it as something that its schema let through unread.
  it.each([
    ['a map', new Map()],
    ['a set', new Set()],
    ['bytes', new Uint8Array(1)],
    ['a buffer', new ArrayBuffer(1)],
    ['a date', new Date(0)],
    ['a big number', 1n],
    ['an error', new Error('x')],
  ])('refuses %s, however deep', (_name, value) => {
    expect(frameFault({ params: [{ value }] })).toBe('core.bad_frame');
  });

  it('refuses nesting that recursive code would fall over, and a cycle', () => {
    expect(frameFault(nested(60))).toBeUndefined();
    expect(frameFault(nested(70))).toBe('core.bad_frame');
    expect(frameFault(nested(1_000_000))).toBe('core.bad_frame');
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(frameFault(cycle)).toBe('core.bad_frame');
  });

  it('counts text, keys, values and holes', () => {
    expect(frameFault('x'.repeat(900), 1000)).toBeUndefined();
    for (const large of [
      'x'.repeat(1000),
      { ['x'.repeat(1000)]: 1 },
      Array.from({ length: 130 }, () => ({})),
      new Array(200),
    ])
      expect(frameFault(large, 1000)).toBe('core.frame_too_large');
  });
});

describe('the channels of the pages', () => {
  it('are closed, oldest first, where there are more than any page needs', async () => {
    const keep = createPageChannels(2);
    const ended: number[] = [];
    const pairs = [0, 1, 2].map((number) => {
      const [near, far] = createInMemoryPair();
      near.onClose(() => ended.push(number));
      keep(far);
      return near;
    });
    await Promise.resolve();
    expect(ended).toEqual([0]);
    // One that closed by itself makes room.
    pairs[2]?.close();
    await Promise.resolve();
    keep(createInMemoryPair()[1]);
    await Promise.resolve();
    expect(ended).toEqual([0, 2]);
  });
});
