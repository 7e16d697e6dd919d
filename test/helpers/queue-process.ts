/**
 * A core that starts what waits and dies by SIGKILL at a named moment of the first launch. Arguments: data
 * folder, moment. `checked`: the machine is ready, nothing is made yet. `stored`: the run's records say that it
 * starts, there is no process. `spawned`: the process exists, nobody has noted its identity.
 */
import { createCore } from '../../electron/core/create-core.ts';
import { testPorts } from '../integration/core/core-harness.ts';

const [home, moment] = process.argv.slice(2);
if (home === undefined || moment === undefined) throw new Error('two arguments');

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  // Delivered before this returns, or within the wait.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
  throw new Error('survived SIGKILL');
};

const ports = testPorts(home);
let asked = 0;
await createCore(
  {
    ...ports,
    runtime: {
      ...ports.runtime,
      pythonPath: () => {
        asked += 1;
        // The queue asks first; the supervisor asks again once the job is stored.
        if (moment === 'checked' || (moment === 'stored' && asked === 2)) die();
        return ports.runtime.pythonPath();
      },
    },
    platform: {
      ...ports.platform,
      spawn: (request) => {
        const child = ports.platform.spawn(request);
        if (moment === 'spawned') die();
        return child;
      },
    },
  },
  { mode: 'write', startsQueue: true },
);
// Somebody has to keep the process alive until the launch.
setInterval(() => undefined, 1000);
