import { EventEmitter } from 'node:events';

import { describe, expect, it } from 'vitest';

import { watchGraphics } from '../../../electron/main/graphics-crashes.ts';

const watched = (): Readonly<{ gone: (type: string, reason: string) => void; given: readonly string[] }> => {
  const app = new EventEmitter();
  const given: string[] = [];
  watchGraphics(app as unknown as Parameters<typeof watchGraphics>[0], (reason) => given.push(reason));
  return { gone: (type, reason) => void app.emit('child-process-gone', {}, { type, reason }), given };
};

describe('a graphics process that dies', () => {
  it('may die once: a driver that is updated under the app does that', () => {
    const { gone, given } = watched();
    gone('GPU', 'crashed');
    expect(given).toEqual([]);
  });

  it('gives acceleration up at the second time, and says so once', () => {
    const { gone, given } = watched();
    for (const reason of ['crashed', 'killed', 'crashed', 'crashed']) gone('GPU', reason);
    expect(given).toEqual(['killed']);
  });

  it('counts neither an orderly end nor other processes', () => {
    const { gone, given } = watched();
    gone('GPU', 'crashed');
    gone('GPU', 'clean-exit');
    gone('Utility', 'crashed');
    gone('Zygote', 'oom');
    expect(given).toEqual([]);
  });
});
