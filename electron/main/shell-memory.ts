import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

const shellMemorySchema = z.object({
  /** Drawing by the processor: asked for by the person, or after the graphics process died twice. */
  acceleration: z.enum(['auto', 'off', 'failed']).default('auto'),
});

export type ShellMemory = z.infer<typeof shellMemorySchema>;

/** What the shell must know before it can ask the core. An unreadable file counts as none. */
export function readShellMemory(file: string): ShellMemory {
  try {
    return shellMemorySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return shellMemorySchema.parse({});
  }
}

export function writeShellMemory(file: string, memory: ShellMemory): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const partial = `${file}.new`;
  writeFileSync(partial, JSON.stringify(memory));
  renameSync(partial, file);
}
