import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Files below a folder that hold one of the texts, as it is, in base64 or in UTF-16; and names that do. */
export function findText(folder: string, texts: readonly string[]): readonly string[] {
  const needles = texts.flatMap((text) => [
    Buffer.from(text),
    // Without the last characters, which depend on what follows.
    Buffer.from(Buffer.from(text).toString('base64').slice(0, -4)),
    Buffer.from(text, 'utf16le'),
  ]);
  const found: string[] = [];
  const look = (place: string): void => {
    for (const name of readdirSync(place)) {
      const file = path.join(place, name);
      if (texts.some((text) => name.includes(text))) found.push(file);
      const facts = lstatSync(file);
      if (facts.isDirectory()) look(file);
      else if (facts.isFile()) {
        const bytes = readFileSync(file);
        if (needles.some((needle) => bytes.includes(needle))) found.push(file);
      }
    }
  };
  look(folder);
  return found;
}
