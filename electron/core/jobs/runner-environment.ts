import type { ProcessPlatform } from '../ports.ts';

/** Every process of a job carries this variable; its value is no secret, only hard to hit by chance. */
export const JOB_MARKER_NAME = 'LEGAL_EAGLE_JOB';

/**
 * Hubs stay silent at run time: whatever is needed was fetched before. Cards are counted as nvidia-smi counts
 * them; CUDA's own order puts the fastest first, so that card 0 would be another one in every display.
 */
const FIXED: Readonly<Record<string, string>> = {
  HF_HUB_OFFLINE: '1',
  TRANSFORMERS_OFFLINE: '1',
  HF_DATASETS_OFFLINE: '1',
  HF_HUB_DISABLE_TELEMETRY: '1',
  DO_NOT_TRACK: '1',
  CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
};

/** The mark of a job, as it stands in the environment of its processes. */
export function jobMarker(jobId: string, nonce: string): string {
  return `${JOB_MARKER_NAME}=${jobId}.${nonce}`;
}

/**
 * The environment of a runner: the few variables a system needs, never the whole of ours (tokens, proxies
 * and PYTHON* live there), plus the offline switches and the job's mark.
 */
export function runnerEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  allowed: ProcessPlatform['inheritedEnvironment'],
  marker: string,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    const upper = name.toUpperCase();
    const isAllowed =
      allowed.names.includes(upper) || allowed.prefixes.some((prefix) => upper.startsWith(prefix));
    if (value !== undefined && isAllowed) environment[name] = value;
  }
  const [markerName, ...markerValue] = marker.split('=');
  return { ...environment, ...FIXED, [markerName ?? JOB_MARKER_NAME]: markerValue.join('=') };
}
