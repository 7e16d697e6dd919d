/**
 * `node move-process.ts TARGET`: a studio that moves its data folder, found as every start finds it. Says `begun`
 * when the move has begun and its last state, as JSON, when it has ended.
 */
import { homedir } from 'node:os';

import { createCore } from '../../electron/core/create-core.ts';
import { createNodePorts } from '../../electron/core/node-ports.ts';

const target = process.argv[2];
if (target === undefined) throw new Error(`usage: move-process.ts TARGET (home of ${homedir()})`);
const ports = createNodePorts({
  env: process.env,
  home: undefined,
  command: 'move',
  mayInstall: false,
  onInstallProgress: () => undefined,
});
const core = await createCore(ports.core, { mode: 'write' });
const ended = new Promise<unknown>((resolve) => {
  core.events.onEvent(({ topic, data }) => {
    if (topic !== 'dataFolder') return;
    const { move } = data as { move: { state: string } };
    if (['moved', 'failed', 'idle'].includes(move.state)) resolve(move);
  });
});
await core.handlers['dataFolder.move']({ path: target });
process.stdout.write('begun\n');
process.stdout.write(`${JSON.stringify(await ended)}\n`);
await core.dispose();
