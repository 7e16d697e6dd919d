/** Accumulation with which `devices` cards reach a global batch; undefined where no whole number does. */
export function accumulationFor(
  globalBatch: number,
  microBatch: number,
  devices: number,
): number | undefined {
  const accumulation = globalBatch / (microBatch * devices);
  return Number.isInteger(accumulation) && accumulation >= 1 ? accumulation : undefined;
}
