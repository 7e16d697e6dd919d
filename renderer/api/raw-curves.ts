import type { CurvePoint } from '../../electron/shared/domain/lttb.ts';
import { studio } from './studio-client.ts';

/** Steps a request: a key has one value a step at most, so that nothing is left out. */
const STEPS_A_REQUEST = 5000;

/** Every value of some curves of a run, as it was reported. */
export async function rawCurves(
  run: string,
  keys: readonly string[],
  lastStep: number,
): Promise<readonly (readonly CurvePoint[])[]> {
  const curves: CurvePoint[][] = keys.map(() => []);
  for (let from = 0; from <= lastStep; from += STEPS_A_REQUEST) {
    const { series } = await studio.client.call('metrics.query', {
      run,
      keys: [...keys],
      from,
      to: from + STEPS_A_REQUEST - 1,
      maxPoints: STEPS_A_REQUEST,
    });
    series.forEach((one, at) => curves[at]?.push(...one.points));
  }
  return curves;
}
