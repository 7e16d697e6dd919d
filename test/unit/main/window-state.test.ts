import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  placeWindow,
  readWindowState,
  SMALLEST_WINDOW,
  writeWindowState,
  type Rectangle,
} from '../../../electron/main/window-state.ts';

/** A hand needs this much of the title bar to take hold of the window. */
const GRIP = { width: 120, height: 40 };

const screens = fc.array(
  fc.record({
    x: fc.integer({ min: -8000, max: 8000 }),
    y: fc.integer({ min: -4000, max: 4000 }),
    width: fc.integer({ min: 640, max: 7680 }),
    height: fc.integer({ min: 480, max: 4320 }),
  }),
  { minLength: 1, maxLength: 4 },
);
const lastPlace = fc.option(
  fc.record({
    bounds: fc.record({
      x: fc.integer({ min: -20_000, max: 20_000 }),
      y: fc.integer({ min: -20_000, max: 20_000 }),
      width: fc.integer({ min: -10, max: 20_000 }),
      height: fc.integer({ min: -10, max: 20_000 }),
    }),
    maximized: fc.boolean(),
  }),
  { nil: undefined },
);

/** How much of the window's title bar lies on a screen. */
const gripOn = (window: Rectangle, screen: Rectangle): boolean =>
  Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x) >= GRIP.width &&
  window.y >= screen.y &&
  window.y + GRIP.height <= screen.y + screen.height;

describe('where the window opens', () => {
  it('can always be taken hold of, whatever screens were unplugged since (a window nobody can reach)', () => {
    fc.assert(
      fc.property(lastPlace, screens, (last, areas) => {
        const { bounds } = placeWindow(last, areas);
        expect(areas.some((area) => gripOn(bounds, area))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is never larger than its screen nor smaller than the pages bear', () => {
    fc.assert(
      fc.property(lastPlace, screens, (last, areas) => {
        const { bounds } = placeWindow(last, areas);
        const fits = (area: Rectangle): boolean =>
          bounds.width <= area.width &&
          bounds.height <= area.height &&
          bounds.width >= Math.min(SMALLEST_WINDOW.width, area.width) &&
          bounds.height >= Math.min(SMALLEST_WINDOW.height, area.height);
        expect(areas.some((area) => gripOn(bounds, area) && fits(area))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('stays where it was on a screen that still holds it', () => {
    const main = { x: 0, y: 0, width: 1920, height: 1080 };
    const left = { x: -1920, y: 0, width: 1920, height: 1080 };
    const bounds = { x: -1800, y: 60, width: 1280, height: 800 };
    expect(placeWindow({ bounds, maximized: true }, [main, left])).toEqual({ bounds, maximized: true });
    // The left screen is gone: the middle of the one that is left, in the same size.
    expect(placeWindow({ bounds, maximized: true }, [main])).toEqual({
      bounds: { x: 320, y: 140, width: 1280, height: 800 },
      maximized: true,
    });
  });
});

describe('the kept place', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'window-state-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('comes back as it was written', () => {
    const file = path.join(folder, 'window.json');
    const state = { bounds: { x: -5, y: 7, width: 1000, height: 700 }, maximized: false };
    writeWindowState(file, state);
    expect(readWindowState(file)).toEqual(state);
  });

  it.each(['', '{', '[]', '{"bounds":{"x":"0"}}', '{"bounds":{"x":0.5,"y":0,"width":1,"height":1}}'])(
    'counts as none where the file is not ours any more: %j',
    (text) => {
      const file = path.join(folder, 'window.json');
      writeFileSync(file, text);
      expect(readWindowState(file)).toBeUndefined();
    },
  );
});
