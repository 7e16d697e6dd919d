/** Settings that together mend what a note says, as `--set` and the form take them. */
export type PreflightFix = Readonly<{
  settings: readonly Readonly<{ field: string; value: number | string | boolean }>[];
  /** The peak with these settings, where memory is what they are about. */
  peakBytes?: number | undefined;
}>;

/** One thing that the preflight has to say: an error code with its parameters, and what would mend it. */
export type PreflightNote = Readonly<{
  code: string;
  params: Readonly<Record<string, unknown>>;
  fixes: readonly PreflightFix[];
}>;

/** A fix of one setting. */
export const setting = (field: string, value: number | string | boolean): PreflightFix => ({
  settings: [{ field, value }],
});

/** Byte counts as a person reads them, for texts; decimal, as disks and cards are sold. */
export function sizeParams(bytes: Readonly<Record<string, number>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(bytes).flatMap(([name, count]) => [
    [name, `${(count / 1e9).toFixed(count < 1e10 ? 2 : 1)} GB`],
    [`${name}Bytes`, Math.round(count)],
  ]);
  return Object.fromEntries(entries) as Readonly<Record<string, unknown>>;
}
