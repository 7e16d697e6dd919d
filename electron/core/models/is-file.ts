import { statSync } from 'node:fs';

/** Whether `path` can be read as a file: not a folder, not a link that leads nowhere or into a circle. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
