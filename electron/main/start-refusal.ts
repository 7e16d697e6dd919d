import { StudioError } from '../shared/contract/studio-error.ts';

/**
 * A second start hands its whole command line to the first over a socket. One that is too long for it is never
 * acknowledged, and Chromium then takes the first start for hung and kills it: seen at 100,000 bytes.
 */
const MOST_ARGUMENT_BYTES = 8192;

export type StartFacts = Readonly<{
  hasDisplay: boolean;
  commandArguments: readonly string[];
}>;

/** Why the app does not even ask whether it runs already; undefined where it may. */
export function startRefusal({ hasDisplay, commandArguments }: StartFacts): StudioError | undefined {
  const bytes = commandArguments.reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 0);
  if (bytes > MOST_ARGUMENT_BYTES)
    return new StudioError('host.arguments_refused', { bytes, mostBytes: MOST_ARGUMENT_BYTES });
  return hasDisplay ? undefined : new StudioError('host.no_display');
}
