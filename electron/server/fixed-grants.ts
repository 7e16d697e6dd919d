import type { Dispatcher } from '../rpc/dispatcher.ts';
import { StudioError } from '../shared/contract/studio-error.ts';

/** Whether a call would have more folders opened than the person at the machine has granted. */
const isWidening = (method: string, params: unknown): boolean =>
  method === 'settings.grantFolder' ||
  (method === 'settings.set' &&
    typeof params === 'object' &&
    params !== null &&
    Object.hasOwn(params, 'grantedRoots'));

/** A page that came over the network may not widen its own rights; the command line and the desktop app may. */
export function fixGrants(dispatcher: Dispatcher): Dispatcher {
  return {
    call: (method, params) =>
      isWidening(method, params)
        ? Promise.reject(new StudioError('server.grants_fixed'))
        : dispatcher.call(method, params),
  };
}
