import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../shared/contract/studio-error.ts';
import type { HomeSource } from './ports.ts';
import { writeJsonFile } from './write-json-file.ts';

type Env = Readonly<Record<string, string | undefined>>;

const pointerSchema = z.object({
  version: z.literal(1),
  /** The data folder that every start without LEGAL_EAGLE_HOME or --home opens. */
  home: z.string().min(1),
  /** Where it was before; it stays until the person has it deleted. */
  previous: z.object({ home: z.string(), movedAtMs: z.int(), bytes: z.int() }).optional(),
});

export type HomePointer = Readonly<z.output<typeof pointerSchema>>;

/** In the folder that a move copies to: whose copy it is, and whether it is whole. */
const MARKER_NAME = '.legal-eagle-move.json';

const markerSchema = z.object({ version: z.literal(1), source: z.string(), complete: z.boolean() });

export type MoveMarker = Readonly<z.output<typeof markerSchema>>;

const chosenOr = (value: string | undefined, fallback: string): string =>
  value !== undefined && value !== '' ? value : fallback;

/** Where the pointer lies: in the person's configuration, which no move of data touches. */
const pointerFileOf = (platform: NodeJS.Platform, env: Env, homeDir: string): string =>
  platform === 'win32'
    ? path.win32.join(
        env['LOCALAPPDATA'] ?? path.win32.join(homeDir, 'AppData', 'Local'),
        'LegalEagleStudio',
        'data-folder.json',
      )
    : path.join(
        chosenOr(env['XDG_CONFIG_HOME'], path.join(homeDir, '.config')),
        'legal-eagle-studio',
        'data-folder.json',
      );

/** Undefined where there is none. Throws `data_folder.pointer_unreadable`. */
export function readHomePointer(file: string): HomePointer | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return pointerSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new StudioError('data_folder.pointer_unreadable', { file }, { cause: error });
  }
}

export function writeHomePointer(file: string, pointer: HomePointer): void {
  writeJsonFile(file, pointer);
}

/** Undefined where no move has begun to copy into this folder. */
export function readMoveMarker(home: string): MoveMarker | undefined {
  try {
    return markerSchema.parse(JSON.parse(readFileSync(path.join(home, MARKER_NAME), 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeMoveMarker(home: string, marker: MoveMarker): void {
  writeJsonFile(path.join(home, MARKER_NAME), marker);
}

export function removeMoveMarker(home: string): void {
  rmSync(path.join(home, MARKER_NAME), { force: true });
}

export const isMoveMarker = (name: string): boolean => name.startsWith(MARKER_NAME);

export type HomeOptions = Readonly<{
  /** From --home. */
  named: string | undefined;
  platform: NodeJS.Platform;
  env: Env;
  homeDir: string;
  /** The folder of a person who has chosen nothing. */
  fallback: string;
}>;

/**
 * The data folder of this start: --home, else LEGAL_EAGLE_HOME, else where a move has pointed to, else the default.
 * Throws `data_folder.pointer_unreadable`; `data_folder.missing` rather than begin an empty studio where the moved
 * one should be; `data_folder.half_moved` for a copy that was never finished.
 */
export function resolveHome(options: HomeOptions): Readonly<{ home: string; source: HomeSource }> {
  const { named, env, platform, homeDir, fallback } = options;
  const pointerFile = pointerFileOf(platform, env, homeDir);
  const variable = env['LEGAL_EAGLE_HOME'];
  const found = ((): Readonly<{ home: string; kind: HomeSource['kind'] }> => {
    if (named !== undefined) return { home: path.resolve(named), kind: 'argument' };
    if (variable !== undefined && variable !== '')
      return { home: path.resolve(variable), kind: 'environment' };
    const pointer = readHomePointer(pointerFile);
    if (pointer === undefined) return { home: fallback, kind: 'default' };
    if (!existsSync(pointer.home))
      throw new StudioError('data_folder.missing', { path: pointer.home, file: pointerFile });
    return { home: pointer.home, kind: 'pointer' };
  })();
  const marker = readMoveMarker(found.home);
  if (marker?.complete === false)
    throw new StudioError('data_folder.half_moved', { path: found.home, source: marker.source });
  return { home: found.home, source: { kind: found.kind, pointerFile } };
}
