import { readFileSync, renameSync, writeFileSync } from 'node:fs';

import { z } from 'zod';

const rectangleSchema = z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int() });

const windowStateSchema = z.object({ bounds: rectangleSchema, maximized: z.boolean() });

export type Rectangle = z.infer<typeof rectangleSchema>;
export type WindowState = z.infer<typeof windowStateSchema>;

export const SMALLEST_WINDOW = { width: 960, height: 640 } as const;
const FIRST_WINDOW = { width: 1440, height: 900 } as const;
/** This much of the title bar must lie on a screen, or nobody can take hold of the window. */
const GRIP = { width: 120, height: 40 } as const;

/** The last place of the window; undefined where none is kept or the file is not ours any more. */
export function readWindowState(file: string): WindowState | undefined {
  try {
    return windowStateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeWindowState(file: string, state: WindowState): void {
  const partial = `${file}.new`;
  writeFileSync(partial, JSON.stringify(state));
  renameSync(partial, file);
}

/**
 * Where the window opens: its last place as far as today's screens still hold it, else the middle of the first
 * screen. `screens` are work areas, the main one first.
 */
export function placeWindow(
  last: WindowState | undefined,
  screens: readonly Rectangle[],
): Readonly<{ bounds: Rectangle; maximized: boolean }> {
  const [main = { x: 0, y: 0, ...FIRST_WINDOW }] = screens;
  const wanted = last?.bounds ?? { ...FIRST_WINDOW };
  const held =
    last === undefined
      ? undefined
      : screens.find((screen) => isInReach({ ...last.bounds, ...sizeOn(screen, wanted) }, screen));
  const screen = held ?? main;
  const size = sizeOn(screen, wanted);
  const middle = {
    x: screen.x + Math.round((screen.width - size.width) / 2),
    y: screen.y + Math.round((screen.height - size.height) / 2),
  };
  const corner = held === undefined || last === undefined ? middle : { x: last.bounds.x, y: last.bounds.y };
  return { bounds: { ...corner, ...size }, maximized: last?.maximized ?? false };
}

type Size = Readonly<{ width: number; height: number }>;

/** The wanted size as far as the screen has room for it and the pages can bear it. */
const sizeOn = (screen: Size, wanted: Size): Size => ({
  width: Math.max(Math.min(wanted.width, screen.width), Math.min(SMALLEST_WINDOW.width, screen.width)),
  height: Math.max(Math.min(wanted.height, screen.height), Math.min(SMALLEST_WINDOW.height, screen.height)),
});

const isInReach = (window: Rectangle, screen: Rectangle): boolean =>
  Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x) >= GRIP.width &&
  window.y >= screen.y &&
  window.y <= screen.y + screen.height - GRIP.height;
