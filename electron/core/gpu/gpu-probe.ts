import type { GpuProcess, GpuReport } from '../../shared/contract/methods/gpu.ts';
import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import type { GpuProbe } from '../ports.ts';
import type { CommandResult, RunCommand } from '../run-command.ts';
import {
  GPU_QUERIES,
  isFieldRefused,
  parseProcesses,
  PROCESS_ARGS,
  UnreadableLine,
  type GpuQuery,
} from './nvidia-smi-output.ts';
import { nvidiaSmiCandidates } from './nvidia-smi-path.ts';

/** A healthy driver answers within a second; one whose cards sleep (no persistence mode) within three. */
const PROBE_TIMEOUT_MS = 5000;
/** A wedged driver holds each nvidia-smi that asks it; asking it often would fill the process table. */
const FAILURE_KEPT_MS = 30_000;

const REASON_CHARS = 300;

export type GpuProbeOptions = Readonly<{
  run: RunCommand;
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  nowMs: () => number;
  timeoutMs?: number;
  /** Where the program may be, in the order of trying; the places of the platform without it. */
  candidates?: readonly string[];
}>;

/** Asks `nvidia-smi`, one question at a time. Never rejects: a failure is a report with `gpu.*`. */
export const createGpuProbe = (options: GpuProbeOptions): GpuProbe => {
  let running: Promise<GpuReport> | undefined;
  let listing: Promise<readonly GpuProcess[] | undefined> | undefined;
  let failure: Readonly<{ report: GpuReport; untilMs: number }> | undefined;
  return {
    list: () => {
      if (failure !== undefined && options.nowMs() < failure.untilMs) return Promise.resolve(failure.report);
      running ??= ask(options)
        .catch((error: unknown): GpuReport => {
          const { code, params, detail } = toErrorBody(error);
          const report: GpuReport = {
            state: 'failed',
            cards: [],
            error: { code, params: { ...params }, ...(detail === undefined ? {} : { detail }) },
          };
          failure = { report, untilMs: options.nowMs() + FAILURE_KEPT_MS };
          return report;
        })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
    processes: () => {
      if (failure !== undefined && options.nowMs() < failure.untilMs) return Promise.resolve(undefined);
      listing ??= askProcesses(options).finally(() => {
        listing = undefined;
      });
      return listing;
    },
  };
};

const askProcesses = async (options: GpuProbeOptions): Promise<readonly GpuProcess[] | undefined> => {
  const env = { ...options.env, LC_ALL: 'C' };
  const timeoutMs = options.timeoutMs ?? PROBE_TIMEOUT_MS;
  for (const command of options.candidates ?? nvidiaSmiCandidates(options.platform, options.env)) {
    const result = await options.run(command, PROCESS_ARGS, { env, timeoutMs });
    if (result.startError !== undefined) continue;
    return result.exitCode === 0 ? parseProcesses(result.stdout) : undefined;
  }
  return undefined;
};

const ask = async (options: GpuProbeOptions): Promise<GpuReport> => {
  const env = { ...options.env, LC_ALL: 'C' };
  const timeoutMs = options.timeoutMs ?? PROBE_TIMEOUT_MS;
  for (const command of options.candidates ?? nvidiaSmiCandidates(options.platform, options.env)) {
    for (const query of GPU_QUERIES) {
      const result = await options.run(command, query.args, { env, timeoutMs });
      if (result.timedOut) throw new StudioError('gpu.probe_timeout', { seconds: timeoutMs / 1000 });
      // Not there, or not ours to run: the next place.
      if (result.startError !== undefined) break;
      if (result.exitCode === 0) return toReport(query, result.stdout);
      const said = saidBy(result);
      if (isFieldRefused(said)) continue;
      if (/no devices were found/iu.test(said)) return { state: 'ok', cards: [] };
      throw new StudioError('gpu.driver_failed', { reason: said.slice(0, REASON_CHARS) }, { detail: said });
    }
  }
  return { state: 'none', cards: [] };
};

const saidBy = ({ stdout, stderrTail, exitCode }: CommandResult): string => {
  const said = `${stdout}\n${stderrTail}`.replaceAll(/\s+/gu, ' ').trim();
  return said === '' ? `exit code ${String(exitCode ?? 'none')}` : said;
};

const toReport = (query: GpuQuery, stdout: string): GpuReport => {
  try {
    const { driverVersion, cards } = query.parse(stdout);
    return {
      state: 'ok',
      ...(driverVersion === undefined ? {} : { driverVersion }),
      cards: [...cards],
    };
  } catch (error) {
    if (error instanceof UnreadableLine) {
      // A driver that fails may still exit with 0 and print its complaint.
      if (/NVIDIA-SMI has failed|Failed to initialize NVML/iu.test(error.line)) {
        throw new StudioError('gpu.driver_failed', { reason: error.line });
      }
      throw new StudioError('gpu.output_unreadable', { line: error.line });
    }
    throw error;
  }
};
