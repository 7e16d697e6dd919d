/** A whole core that exists to be killed; its one client talks to it over the channel of a fork. Argument: data folder. */
import { createCore } from '../../electron/core/create-core.ts';
import { createDispatcher } from '../../electron/rpc/dispatcher.ts';
import { serveChannel } from '../../electron/rpc/serve-channel.ts';
import { createTopicHub } from '../../electron/rpc/topic-hub.ts';
import { STUDIO_CONTRACT } from '../../electron/shared/contract/index.ts';
import { testPorts } from '../integration/core/core-harness.ts';
import { forkChannel } from './fork-channel.ts';

const [home] = process.argv.slice(2);
if (home === undefined) throw new Error('one argument');

const core = await createCore(testPorts(home), { mode: 'write' });
serveChannel(forkChannel(process), {
  dispatcher: createDispatcher(STUDIO_CONTRACT, core.handlers, { checkOutputs: true }),
  hub: createTopicHub(core.events, core.nowMs),
  onDefect: (error, method) => process.stderr.write(`defect in ${method}: ${String(error)}\n`),
});
process.once('disconnect', () => void core.dispose().then(() => process.exit(0)));
process.send?.('open');
