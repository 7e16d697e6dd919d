import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { grantRoots } from '../../../electron/gate/granted-roots.ts';
import { isOddWindowsPath } from '../../../electron/gate/windows-names.ts';

describe('a granted folder on a real disk', () => {
  let dir: string;
  let granted: string;

  beforeEach(() => {
    dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'roots 根 ')));
    granted = path.join(dir, 'Granted');
    for (const name of ['Granted/deep/deeper', 'outside', 'granted-beside'])
      mkdirSync(path.join(dir, name), { recursive: true });
    writeFileSync(path.join(dir, 'outside/secret.jsonl'), '{}');
    writeFileSync(path.join(granted, 'rows.jsonl'), '{}');
    const link = (target: string, name: string): void => symlinkSync(target, path.join(granted, name));
    link(path.join(dir, 'outside'), 'out');
    link('../outside/secret.jsonl', 'rows-link.jsonl');
    link('out', 'out-again');
    link('loop-b', 'loop-a');
    link('loop-a', 'loop-b');
    link('.', 'self');
    link('/', 'deep/all');
    link('../../../outside', 'deep/deeper/up');
    link('/proc/self/root', 'proc');
    link(path.join(dir, 'outside/not-yet'), 'dangling');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const ESCAPES = [
    'out/secret.jsonl',
    'out',
    'rows-link.jsonl',
    'out-again/secret.jsonl',
    'loop-a',
    'loop-b/below',
    'self/self/out/secret.jsonl',
    'deep/all/etc/hosts',
    'deep/deeper/up/secret.jsonl',
    'deep/deeper/../../../outside/secret.jsonl',
    'proc/etc/hosts',
    'out/../outside/secret.jsonl',
    'rows.jsonl/../../outside/secret.jsonl',
    './/../outside/./secret.jsonl',
    'rows.jsonl/below',
    'rows.jsonl\0',
    'n'.repeat(300),
    `${'deep/'.repeat(2000)}x`,
    '../GRANTED/rows.jsonl',
    '../granted/rows.jsonl',
    '../Granted./rows.jsonl',
    '../Granted /rows.jsonl',
    '../GRANTE~1/rows.jsonl',
    '../granted-beside',
    '../Granted-beside',
    '..',
    '.../../..',
  ];

  it.each(ESCAPES)('is not left by %s', (below) => {
    expect(() => grantRoots([granted]).resolve(`${granted}/${below}`)).toThrow('server.path_refused');
  });

  it('takes odd names of its own as the names that they are', () => {
    const { resolve } = grantRoots([granted]);
    for (const name of [
      'a..',
      '...',
      ' ',
      'rows.jsonl::$DATA',
      'ROWS~1.JSO',
      'con',
      '%2e%2e',
      '\\..\\x',
      '合同.jsonl',
    ])
      expect(resolve(path.join(granted, name))).toBe(path.join(granted, name));
    expect(resolve(`${granted}/self/self/rows.jsonl`)).toBe(path.join(granted, 'rows.jsonl'));
  });

  // A file that is yet to be made through a link would be made elsewhere.
  it('is not left by a link to what does not exist yet', () => {
    expect(() => grantRoots([granted]).resolve(path.join(granted, 'dangling'))).toThrow(
      'server.path_refused',
    );
    expect(() => grantRoots([granted]).resolve(path.join(granted, 'dangling/new'))).toThrow(
      'server.path_refused',
    );
  });

  it('does not take for one more place what cannot be looked up', () => {
    const roots = grantRoots([granted]);
    for (const offered of [
      path.join(granted, 'loop-a'),
      `/a\0b`,
      `/${'n'.repeat(300)}`,
      `/${'x/'.repeat(3000)}`,
    ])
      expect(() => roots.add(offered)).toThrow();
    expect(roots.roots).toEqual([granted]);
  });
});

describe('what Windows opens in place of the letters of a path', () => {
  it.each([
    'C:\\granted\\rows.jsonl:stream',
    'C:\\granted\\rows.jsonl::$DATA',
    'C:\\granted::$INDEX_ALLOCATION\\rows.jsonl',
    'C:\\granted.\\rows.jsonl',
    'C:\\granted \\rows.jsonl',
    'C:\\granted\\...\\rows.jsonl',
    'C:\\granted\\rows.jsonl.',
    'C:\\granted\\rows.jsonl ',
    'C:\\granted\\.. \\outside',
    'C:\\granted\\..\u0020.\\outside',
    'C:\\granted\\CON',
    'C:\\granted\\nul.jsonl',
    'C:\\granted\\Com1\\x',
    'C:\\granted\\LPT\u00B9',
    'C:\\granted\\conin$',
    '\\\\?\\C:\\granted\\rows.jsonl',
    '\\\\.\\C:\\granted',
    '\\\\.\\PhysicalDrive0',
    '\\\\?\\GLOBALROOT\\Device',
    '//?/C:/granted',
    'C:rows.jsonl',
  ])('refuses %s', (offered) => {
    expect(isOddWindowsPath(offered)).toBe(true);
  });

  it.each([
    'C:\\granted\\rows.jsonl',
    'c:/granted/./a/../rows.jsonl',
    'C:\\granted\\合同 2024.jsonl',
    'C:\\granted\\.cache\\v1.2\\x',
    'C:\\PROGRA~1\\x',
    'C:\\granted\\console\\nullable.jsonl',
    '\\\\server\\share\\rows.jsonl',
  ])('takes %s', (offered) => {
    expect(isOddWindowsPath(offered)).toBe(false);
  });
});
