import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it } from 'vitest';

import { studioCli } from '../../helpers/studio-cli.ts';

const CANARY = 'K9xServe+Canary.no~form';

it('serve says at once which token it does not use, and never the token', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), '令牌 '));
  const file = path.join(folder, 'token');
  writeFileSync(file, CANARY, { mode: 0o644 });
  const { stdout, stderr } = await studioCli(['serve', '--port', '0'], {
    home: path.join(folder, 'data'),
    env: { MODELSCOPE_API_TOKEN_FILE: file, HF_TOKEN: CANARY },
    onOutput: (output, child) => {
      if (output.stdout.includes('#token=')) child.kill('SIGTERM');
    },
  });
  expect(stderr).toContain('The token file of MODELSCOPE_API_TOKEN_FILE is not used: others can read it.');
  expect(stderr).not.toContain('HF_TOKEN');
  expect(stdout + stderr).not.toContain(CANARY);
  rmSync(folder, { recursive: true, force: true });
});
