import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readShellMemory, writeShellMemory } from '../../../electron/main/shell-memory.ts';

describe('what the shell remembers before the core is there', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'shell-memory-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('remembers a broken graphics process over a restart, in a folder that does not exist yet', () => {
    const file = path.join(folder, 'new', 'shell.json');
    writeShellMemory(file, { ...readShellMemory(file), acceleration: 'failed' });
    expect(readShellMemory(file).acceleration).toBe('failed');
    // A half-written file beside it would be read by nobody and stay for ever.
    expect(readdirSync(path.dirname(file))).toEqual(['shell.json']);
  });

  it.each(['', '{"acceleration":"maybe"}', 'null', '\u0000'])(
    'starts with acceleration where the file cannot be read: %j',
    (text) => {
      const file = path.join(folder, 'shell.json');
      writeFileSync(file, text);
      expect(readShellMemory(file).acceleration).toBe('auto');
    },
  );
});
