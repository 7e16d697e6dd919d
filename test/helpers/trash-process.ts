/**
 * A core that kills itself in the middle of a removal, a restoration or a clean-up. Arguments: data folder,
 * `remove`, `restore` or `clean`, kind, id (of the record, or of the entry), and the number of the change to the data folder's files
 * before which SIGKILL comes. Where there are fewer changes it ends by itself with code 0.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';

import { createCore } from '../../electron/core/create-core.ts';
import { testPorts } from '../integration/core/core-harness.ts';

const [home, act, kind, id, edge] = process.argv.slice(2);
if (home === undefined || id === undefined || edge === undefined) throw new Error('five arguments');

const core = await createCore(testPorts(home), { mode: 'write' });
if (act === 'clean') {
  await core.handlers['storage.count']({});
  while ((await core.handlers['storage.usage']({})).isCounting) await delay(5);
}
const shown = (await core.handlers['storage.proposals']({})).items;

// Every way in which the studio's own code changes files; the database's driver does not come through here.
let changes = 0;
const CHANGING = ['mkdirSync', 'openSync', 'writeSync', 'renameSync', 'rmSync', 'closeSync'] as const;
for (const name of CHANGING) {
  const original = fs[name] as (...parameters: readonly unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...parameters: readonly unknown[]): unknown => {
      if (changes === Number(edge)) process.kill(process.pid, 'SIGKILL');
      changes += 1;
      return original(...parameters);
    },
  });
}
syncBuiltinESMExports();

if (act === 'clean') await core.handlers['storage.cleanUp']({ items: shown });
else if (act === 'restore') await core.handlers['storage.restore']({ trashId: id });
else if (kind === 'run') await core.handlers['runs.remove']({ run: id });
else if (kind === 'dataset') await core.handlers['datasets.remove']({ dataset: id });
else await core.handlers['models.remove']({ model: id });
// Not disposed of: what the records need is stored by now, and a kill may come at any time after.
process.exit(0);
