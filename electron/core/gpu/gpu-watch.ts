import type { GpuCard, GpuSample, GpuTelemetry } from '../../shared/contract/methods/gpu.ts';
import type { Clock, GpuProbe } from '../ports.ts';

/** What a person who opens the drawer wants to look back on. */
const WINDOW_MS = 5 * 60_000;
/** Several pages that ask at once make one sample. */
const LEAST_SPACING_MS = 1500;

type Moment = Readonly<{ atMs: number; cards: readonly GpuCard[] }>;

export type GpuWatchDeps = Readonly<{
  probe: GpuProbe;
  clock: Pick<Clock, 'nowMs'>;
  /** The live run whose runner has this pid. */
  runOf: (pid: number) => Readonly<{ id: string; name: string }> | undefined;
}>;

/** The cards of this machine, with the last minutes of what anybody asked about them. Bounded; asks nothing by itself. */
export type GpuWatch = GpuProbe & Readonly<{ telemetry(): Promise<GpuTelemetry> }>;

export const createGpuWatch = ({ probe, clock, runOf }: GpuWatchDeps): GpuWatch => {
  let moments: readonly Moment[] = [];

  const list: GpuProbe['list'] = async () => {
    const report = await probe.list();
    const atMs = clock.nowMs();
    if (report.state === 'ok' && atMs - (moments.at(-1)?.atMs ?? -Infinity) >= LEAST_SPACING_MS) {
      moments = [...moments.filter((one) => one.atMs > atMs - WINDOW_MS), { atMs, cards: report.cards }];
    }
    return report;
  };

  return {
    list,
    processes: () => probe.processes(),
    telemetry: async () => {
      const report = await list();
      const processes = report.cards.length === 0 ? undefined : await probe.processes();
      const atMs = clock.nowMs();
      return {
        report,
        atMs,
        windowMs: WINDOW_MS,
        history: report.cards.map(({ uuid }) => ({
          uuid,
          samples: samplesOf(moments, uuid, atMs - WINDOW_MS),
        })),
        ...(processes === undefined
          ? {}
          : {
              processes: processes.map((one) => {
                const run = runOf(one.pid);
                return run === undefined ? one : { ...one, run };
              }),
            }),
      };
    },
  };
};

const samplesOf = (moments: readonly Moment[], uuid: string, fromMs: number): GpuSample[] =>
  moments.flatMap(({ atMs, cards }) => {
    const card = cards.find((one) => one.uuid === uuid);
    if (card === undefined || atMs < fromMs) return [];
    return [
      {
        atMs,
        memoryBytes: card.memoryUsedBytes,
        utilisation: card.utilisation,
        temperatureCelsius: card.temperatureCelsius,
        powerWatts: card.powerWatts,
      },
    ];
  });
