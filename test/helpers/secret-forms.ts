import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The shapes in which a secret could lie somewhere: as it is, in UTF-16, base64 at each place within its groups of
 * three (also behind `user:` of a Basic header), both alphabets, hexadecimal, percent-coded. As bytes of latin1.
 */
export function secretForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const forms = new Set([
    secret,
    Buffer.from(secret, 'utf16le').toString('latin1'),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(secret),
    percent(hex),
    percent(hex.toUpperCase()),
  ]);
  for (const before of [0, 1, 2]) {
    const coded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // Only characters that the secret alone decides: not those shared with what stands before or behind it.
    const inner = coded.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 4) / 3));
    forms.add(inner).add(inner.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return [...forms];
}

const percent = (hex: string): string => hex.replaceAll(/../gu, '%$&');

/** Every file below a folder. */
export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** Each file below folders that holds one of the forms, or has it in its name, with the form. */
export function filesWith(folders: readonly string[], forms: readonly string[]): readonly string[] {
  return folders.flatMap(filesBelow).flatMap((file) => {
    const content = textOf(file);
    return forms
      .filter((form) => content.includes(form) || file.includes(form))
      .map((form) => `${file}: ${form}`);
  });
}

/** Bytes as characters; nothing where it has gone since it was listed. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
