import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it } from 'vitest';

import { createShellLog } from '../../../electron/main/shell-log.ts';

it('the shell’s log takes a token out of whatever fails with one', () => {
  const folder = mkdtempSync(path.join(tmpdir(), '日志 '));
  const file = path.join(folder, 'shell.log');
  const log = createShellLog(file, () => 0);
  log('a defect of the shell', { error: 'PUT https://oauth2:abcdef123456@hub/x: 403' });
  log('an update failed', { error: { headers: 'Authorization: Bearer 0a1b2c3d4e5f60718293' } });
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { error: 'PUT https://oauth2:[redacted]@hub/x: 403' },
    { error: { headers: 'Authorization: Bearer [redacted]' } },
  ]);
  rmSync(folder, { recursive: true, force: true });
});
