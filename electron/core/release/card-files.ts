import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import type { CardPart } from '../../shared/domain/card/card-record.ts';
import type { Hub } from '../../shared/domain/hub-endpoints.ts';
import { PICTURE_PATH } from './gather-card.ts';
import { MOST_PICTURE_BYTES } from './loss-picture.ts';

export type CardFile = Readonly<{ path: string; content: string | Uint8Array }>;

const LICENCE_FILE = /^(licen[cs]e|copying)(\.(txt|md))?$/iu;
/** The longest licences in use are some tens of kilobytes. */
const MOST_LICENCE_BYTES = 256 * 1024;

/** What goes beside a README: the hub's own record, the licence of the base, and the picture of the losses. */
export function cardFiles(
  wanted: Readonly<{ hub: Hub; part: CardPart; baseFolder: string; picture: Uint8Array | undefined }>,
): readonly CardFile[] {
  const { baseFolder, hub, part, picture } = wanted;
  const licence = licenceText(baseFolder);
  return [
    ...(hub === 'modelscope' ? [{ path: 'configuration.json', content: configurationJson(part) }] : []),
    ...(licence === undefined ? [] : [{ path: 'LICENSE', content: licence }]),
    ...(picture === undefined || picture.length > MOST_PICTURE_BYTES
      ? []
      : [{ path: PICTURE_PATH, content: picture }]),
  ];
}

/**
 * What ModelScope reads to know the framework and the task. Other programs write `allow_remote` here, which lets a
 * reader run code of the repository; the studio never does.
 */
function configurationJson(part: CardPart): string {
  const framework = part === 'gguf' ? 'gguf' : 'pytorch';
  return `${JSON.stringify({ framework, task: 'text-generation' }, undefined, 2)}\n`;
}

/** The licence that the snapshot of a base carries, byte by byte; undefined where it has none. */
function licenceText(folder: string): Uint8Array | undefined {
  try {
    const names = readdirSync(folder).filter((name) => LICENCE_FILE.test(name));
    for (const name of names.sort()) {
      const file = path.join(folder, name);
      const stat = statSync(file);
      if (stat.isFile() && stat.size > 0 && stat.size <= MOST_LICENCE_BYTES) return readFileSync(file);
    }
  } catch {
    // A base that is gone has no licence to give; the card says what was recorded of it.
  }
  return undefined;
}
