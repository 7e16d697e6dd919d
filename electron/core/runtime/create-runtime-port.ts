import type { InstallInput, RuntimeOverview } from '../../shared/contract/methods/runtime.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import { TRAINING_VARIANTS, type TrainingVariant } from '../../shared/domain/runtime-variant.ts';
import type { GpuProbe, RuntimePort } from '../ports.ts';
import type { RuntimeVariant } from './runtime-paths.ts';
import type { RuntimeService } from './runtime-service.ts';
import { variantForMachine, type Machine } from './variant-for-machine.ts';

export type RuntimePortOptions = Readonly<{
  service: RuntimeService;
  gpu: GpuProbe;
  machine: Machine;
  /** The variant that jobs run on now. */
  variant: () => RuntimeVariant;
  /** The interpreter of that variant, made where that is allowed. */
  pythonPath: (mirror?: string) => Promise<string>;
  /** Proxy address for downloads; may hold a password. */
  proxy: string | undefined;
}>;

/** The Python environments as the core sees them. */
export const createRuntimePort = ({
  service,
  gpu,
  machine,
  ...options
}: RuntimePortOptions): RuntimePort => ({
  pythonPath: options.pythonPath,
  standingPython: () => {
    const { installed, python } = service.status(options.variant());
    return installed ? python : undefined;
  },
  mirrors: () => service.mirrors(),
  checkMirror: (mirror) => service.checkMirror(mirror),
  overview: async () => {
    const choice = variantForMachine(machine, await gpu.list());
    return {
      current: options.variant(),
      choice: {
        ...(choice.kind === 'variant' ? { variant: choice.variant } : { code: choice.code }),
        reason: choice.reason,
      },
      environments: TRAINING_VARIANTS.map((variant) => environmentOf(service, variant)),
    };
  },
  resolve: async (asked: InstallInput['variant']): Promise<TrainingVariant> => {
    if (asked !== 'auto') return asked;
    const choice = variantForMachine(machine, await gpu.list());
    if (choice.kind === 'refused') throw new StudioError(choice.code, choice.params);
    return choice.variant;
  },
  install: async (request, onProgress, signal) => {
    await service.ensure({ ...request, proxy: options.proxy, onProgress, signal });
    service.use(request.variant);
  },
});

const environmentOf = (
  service: RuntimeService,
  variant: TrainingVariant,
): RuntimeOverview['environments'][number] => {
  const { installed, path, pythonVersion, torch, createdAtMs } = service.status(variant);
  return { variant, installed, path, pythonVersion, torch, createdAtMs };
};
