import type { DeviceMemory } from './device-memory.ts';
import type { PreflightNote } from './preflight-note.ts';

/**
 * Whether a person may start a run that is refused. A predicted peak can be a little wrong, so a run whose passes
 * do not fit may be tried; one whose base, adapter and optimizer alone are larger than the device cannot even load.
 */
export function mayForce(
  problems: readonly Pick<PreflightNote, 'code'>[],
  memory: readonly DeviceMemory[],
): boolean {
  return (
    problems.length > 0 &&
    problems.every((problem) => problem.code === 'preflight.does_not_fit') &&
    memory.every((device) => standingBytes(device) <= device.capacityBytes)
  );
}

/** What a run holds between its passes. */
const standingBytes = (memory: DeviceMemory): number =>
  memory.weightsBytes +
  memory.adapterBytes +
  memory.gradientBytes +
  memory.optimizerBytes +
  memory.runtimeBytes;
