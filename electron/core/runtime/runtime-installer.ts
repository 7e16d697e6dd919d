import type {
  InstallInput,
  InstallProgress,
  RuntimeTopicData,
} from '../../shared/contract/methods/runtime.ts';
import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import type { TrainingVariant } from '../../shared/domain/runtime-variant.ts';
import type { Clock, RuntimePort } from '../ports.ts';
import type { Disposable } from '../../shared/contract/disposable.ts';

/** Four frames a second, as for everything that moves. */
const FRAME_INTERVAL_MS = 250;

export type RuntimeInstaller = Disposable &
  Readonly<{
    /** Starts an installation and returns what it installs. Throws `runtime.busy`, or why nothing fits. */
    start(request: InstallInput): Promise<Readonly<{ variant: TrainingVariant }>>;
    /** Gives up the installation that is under way, if one is. */
    cancel(): void;
    /** The installation that is under way, or the end of the last one. */
    state(): RuntimeTopicData;
  }>;

/** Installs environments one at a time and tells how it goes. */
export const createRuntimeInstaller = (
  runtime: RuntimePort,
  clock: Clock,
  publish: (data: RuntimeTopicData) => void,
): RuntimeInstaller => {
  let state: RuntimeTopicData = { state: 'idle' };
  let timer: Disposable | undefined;
  let starting = false;
  let stopper = new AbortController();
  const change = (next: RuntimeTopicData): void => {
    timer?.dispose();
    timer = undefined;
    state = next;
    publish(state);
  };
  const work = async (variant: TrainingVariant, { mirror, repair }: InstallInput): Promise<void> => {
    const { signal } = stopper;
    const report = (progress: InstallProgress): void => {
      state = { state: 'installing', variant, progress };
      timer ??= clock.after(FRAME_INTERVAL_MS, () => {
        timer = undefined;
        publish(state);
      });
    };
    try {
      await runtime.install({ variant, mirror, repair }, report, signal);
      change({ state: 'done', variant });
    } catch (error) {
      if (signal.aborted) {
        // The person's own decision is no failure.
        change({ state: 'idle' });
        return;
      }
      const { code, params, detail } = toErrorBody(error);
      const body = { code, params: { ...params }, ...(detail === undefined ? {} : { detail }) };
      change({ state: 'failed', variant, error: body });
    }
  };
  return {
    start: async (request) => {
      if (starting || state.state === 'installing') {
        throw new StudioError('runtime.busy', { variant: state.variant ?? request.variant });
      }
      starting = true;
      try {
        const variant = await runtime.resolve(request.variant);
        stopper = new AbortController();
        change({ state: 'installing', variant });
        void work(variant, request);
        return { variant };
      } finally {
        starting = false;
      }
    },
    cancel: () => stopper.abort(),
    state: () => state,
    dispose: () => {
      stopper.abort();
      timer?.dispose();
    },
  };
};
