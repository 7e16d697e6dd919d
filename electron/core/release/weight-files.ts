import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Files of a folder that hold weights, or a GGUF file itself, with their sizes; nothing of what cannot be read. */
export function weightFiles(place: string): readonly Readonly<{ path: string; bytes: number }>[] {
  try {
    const stat = statSync(place);
    if (stat.isFile()) return [{ path: path.basename(place), bytes: stat.size }];
    return readdirSync(place)
      .filter((name) => /\.(?:safetensors|gguf)$/iu.test(name))
      .sort()
      .map((name) => ({ path: name, bytes: statSync(path.join(place, name)).size }));
  } catch {
    return [];
  }
}
