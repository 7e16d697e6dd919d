import { StudioError } from '../shared/contract/studio-error.ts';
import type { Settings } from '../shared/contract/methods/settings.ts';
import type { RuntimePort } from './ports.ts';

/**
 * The environments of this machine as its settings allow them: packages come from the mirror that is set, and on a
 * rig that is cut off nothing is fetched (`runtime.air_gap`); what stands is used.
 */
export function runtimeBySettings(
  runtime: RuntimePort,
  settings: () => Pick<Settings, 'airGap' | 'mirror'>,
): RuntimePort {
  const requireNetwork = (): void => {
    if (settings().airGap) throw new StudioError('runtime.air_gap');
  };
  const chosenMirror = (): string | undefined => {
    const { mirror } = settings();
    return mirror === '' ? undefined : mirror;
  };
  return {
    ...runtime,
    pythonPath: async () => {
      if (runtime.standingPython() === undefined) requireNetwork();
      return runtime.pythonPath(chosenMirror());
    },
    resolve: async (variant) => {
      requireNetwork();
      return runtime.resolve(variant);
    },
    install: async (request, onProgress, signal) => {
      requireNetwork();
      await runtime.install({ ...request, mirror: request.mirror ?? chosenMirror() }, onProgress, signal);
    },
  };
}
