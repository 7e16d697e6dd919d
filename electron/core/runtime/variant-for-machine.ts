import { describeError, type ErrorCode } from '../../shared/contract/errors/index.ts';
import type { GpuReport } from '../../shared/contract/methods/gpu.ts';
import { chooseRuntimeVariant, type VariantChoice } from '../../shared/domain/runtime-variant.ts';

export type Machine = Readonly<{ platform: NodeJS.Platform; architecture: string }>;

/** The build that fits this machine and its cards; a driver that does not answer is refused, not taken for none. */
export const variantForMachine = (machine: Machine, report: GpuReport): VariantChoice => {
  if (report.state === 'failed' && report.error !== undefined) {
    const { params } = report.error;
    const code = report.error.code as ErrorCode;
    const say = (language: 'en' | 'zh'): string => describeError({ code, params }, language).message;
    return { kind: 'refused', code, params, reason: { en: say('en'), zh: say('zh') }, parts: [] };
  }
  return chooseRuntimeVariant({
    system: machine.platform === 'win32' ? 'windows' : 'linux',
    architecture: machine.architecture,
    driverVersion: report.driverVersion,
    cards: report.cards.map(({ name, computeCapability }) => ({ name, computeCapability })),
  });
};
