/** One of Electron's stable major versions and the day (UTC) on which its x.0.0 was published to npm. */
export type ElectronRelease = Readonly<{ major: number; published: string }>;

/**
 * From npm's own record of the package `electron` (`npm view electron time`), read on 2026-11-23. A new major version
 * gets its line when it comes out; the gate fails in time where that was forgotten.
 */
export const ELECTRON_RELEASES: readonly ElectronRelease[] = [
  { major: 40, published: '2026-01-16' },
  { major: 41, published: '2026-03-11' },
  { major: 42, published: '2026-05-06' },
  { major: 43, published: '2026-07-01' },
  { major: 44, published: '2026-08-25' },
  { major: 45, published: '2026-10-21' },
];

/** The latest three major versions are supported (Electron's release timelines). */
const SUPPORTED_MAJORS = 3;
/** A major version every eight weeks (same place). It has slipped by days, so what is computed is the earliest day. */
const CADENCE_DAYS = 56;
const DAY_MS = 86_400_000;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export type ElectronSupport = Readonly<{
  supported: boolean;
  /** For a person. */
  reason: string;
}>;

/**
 * The day on which support of a major version ends: when the third one after it is published. Expected, by the cadence,
 * where that one is not out yet; undefined for a version older or newer than the table.
 */
export function endOfSupport(
  major: number,
  releases: readonly ElectronRelease[] = ELECTRON_RELEASES,
): Readonly<{ day: string; expected: boolean }> | undefined {
  const published = (wanted: number): string | undefined =>
    releases.find((release) => release.major === wanted)?.published;
  if (published(major) === undefined) return undefined;
  const successor = published(major + SUPPORTED_MAJORS);
  if (successor !== undefined) return { day: successor, expected: false };
  const latest = releases.reduce((one, other) => (other.major > one.major ? other : one));
  const majorsToCome = major + SUPPORTED_MAJORS - latest.major;
  const endMs = Date.parse(latest.published) + majorsToCome * CADENCE_DAYS * DAY_MS;
  return { day: dayOf(endMs), expected: true };
}

/** Whether the Electron that package.json pins gets security fixes on that day (`2026-11-23`). */
export function electronSupport(
  pinned: string,
  today: string,
  releases: readonly ElectronRelease[] = ELECTRON_RELEASES,
): ElectronSupport {
  const version = /^(\d+)\.\d+\.\d+$/u.exec(pinned);
  if (version === null)
    return { supported: false, reason: `electron is pinned as ${pinned}, not as one version` };
  const end = endOfSupport(Number(version[1]), releases);
  if (end === undefined)
    return {
      supported: false,
      reason: `Electron ${pinned} is not in the table of electron/tools/electron-support.ts: add its release there`,
    };
  const until = `${end.day}${end.expected ? ' (expected)' : ''}`;
  return end.day > today
    ? { supported: true, reason: `Electron ${pinned} is supported until ${until}` }
    : {
        supported: false,
        reason: `Electron ${pinned} is out of support since ${until}: pin a newer major version`,
      };
}
