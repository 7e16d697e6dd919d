/** The toy contract in Electron's own utility process, behind the same end of the link as the core. */
import { createUtilityEnd, type ParentPort } from '../../../electron/host/utility-end.ts';
import { createDispatcher } from '../../../electron/rpc/dispatcher.ts';
import { serveChannel } from '../../../electron/rpc/serve-channel.ts';
import { handlersFor } from '../../../electron/shared/contract/define.ts';
import { createToyFarEnd } from '../../contract/toy-contract.ts';
import { TOY_CONTROL } from './toy-control.ts';

const far = createToyFarEnd();
const control = createDispatcher(
  TOY_CONTROL,
  handlersFor(TOY_CONTROL)({
    'control.bump': ({ times }) => {
      for (let count = 0; count < times; count++) far.topics.bump();
      return {};
    },
    'control.defects': () => ({ methods: [...far.defects] }),
  }),
);

createUtilityEnd((process as unknown as { parentPort: ParentPort }).parentPort).onChannel((role, channel) => {
  serveChannel(channel, role === 'page' ? far.serve : { ...far.serve, dispatcher: control });
});
