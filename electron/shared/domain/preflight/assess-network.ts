import { localProcesses } from '../choose-card.ts';
import { trainedParameters } from './decoder-shape.ts';
import type { PreflightFacts } from './preflight-facts.ts';
import type { PreflightNote } from './preflight-note.ts';

/** Gradients are added up in fp32. */
const FLOAT = 4;

/** What several processes say to each other in a step: the gradients of what is trained, and next to nothing else. */
export function assessNetwork({ recipe, shape }: PreflightFacts): readonly PreflightNote[] {
  const processes = localProcesses(recipe.hardware);
  if (processes === 1) return [];
  const gradientBytes = trainedParameters(recipe, shape) * FLOAT;
  // A sum over n processes in a ring: each sends its part n − 1 times to be added up and as often to be known.
  const sentBytes = Math.round((2 * (processes - 1) * gradientBytes) / processes);
  const params = {
    processes,
    gradients: megabytes(gradientBytes),
    gradientBytes,
    sent: megabytes(sentBytes),
    sentBytes,
  };
  return [{ code: 'preflight.network_per_step', params, fixes: [] }];
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;
