import { redact } from '../redact.ts';

/** What was taken out of a text, and how often; shown beside the preview. */
export type Removed = Readonly<Partial<Record<RemovedKind, number>>>;
export type RemovedKind = 'path' | 'name' | 'token' | 'tracker' | 'environment' | 'mail';

export type PrivateKnown = Readonly<{
  /** Paths of this machine that are known; taken out whole, whatever characters they have. */
  paths: readonly string[];
  /** Names of the user and of the machine. */
  names: readonly string[];
}>;

/** Such a name is a word of every manual and tells of nobody. */
const COMMON_NAMES: ReadonlySet<string> = new Set([
  'root',
  'user',
  'admin',
  'administrator',
  'ubuntu',
  'localhost',
  'localhost.localdomain',
  'runner',
  'docker',
]);
const SHORTEST_NAME = 3;

/** Begins a path wherever it stands: no address of a web page and no text has such a beginning. */
const UNIX_ROOTS =
  'home|root|Users|mnt|media|data\\d*|srv|opt|var|tmp|private|etc|usr|run|proc|sys|dev|workspace|work|scratch|autodl-(?:tmp|fs)|content|kaggle';
/** Up to a space, a quote or punctuation that ends a path in running text. */
const SEGMENTS = '[^\\s"\'`<>|*?，。；：、（）()]*';

const PATTERNS: readonly (readonly [RemovedKind, RegExp])[] = [
  ['tracker', /https?:\/\/(?:[\w-]+\.)?wandb\.(?:ai|me)\/[^\s)>"'`]*/giu],
  ['tracker', /\b(?:run|offline-run)-\d{8}_\d{6}-[a-z0-9]{8}\b/gu],
  ['tracker', /\bWANDB_[A-Z_]+\s*[=:]\s*\S+/gu],
  ['environment', /(?:^(?:export |set )?[A-Z][A-Z0-9_]{2,}=.*(?:\n|$)){2,}/gmu],
  ['path', /\bfile:\/\/[^\s"'`<>)]+/giu],
  ['path', new RegExp(`(?<![\\w.~:/\\\\])[A-Za-z]:[\\\\/](?![\\\\/])${SEGMENTS}`, 'gu')],
  ['path', new RegExp(`(?<![\\w\\\\])\\\\\\\\[\\w.$-]+\\\\${SEGMENTS}`, 'gu')],
  ['path', new RegExp(`(?<![\\w.:/<-])/(?:${UNIX_ROOTS})(?:/${SEGMENTS})?(?![\\w])`, 'gu')],
  ['path', new RegExp(`(?<![\\w/])~(?:[\\w.-]+)?/${SEGMENTS}`, 'gu')],
  ['path', /(?<=^|[\s"'`(=：，])\/[\w.@+-]+(?:\/[\w.@+-]+)+/gmu],
  ['mail', /\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/gu],
];

/**
 * A text without what tells of a person or a machine: paths, names, tokens, ids of experiment trackers, dumped
 * environments and mail addresses. `mark` stands where something was.
 */
export function withoutPrivate(
  text: string,
  known: PrivateKnown,
  mark: string,
): Readonly<{ text: string; removed: Removed }> {
  const counts = new Map<RemovedKind, number>();
  const note = (kind: RemovedKind): string => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return mark;
  };
  let clean = text;
  const paths = known.paths
    .filter((one) => one.length > 3)
    .toSorted((one, other) => other.length - one.length);
  for (const path of paths) {
    clean = clean.replace(new RegExp(`${escaped(path)}(?:[\\\\/]${SEGMENTS})?`, 'gu'), () => note('path'));
  }
  const token = redact(clean);
  if (token !== clean) {
    const found = token.split('[redacted]').length - clean.split('[redacted]').length;
    counts.set('token', found);
    clean = token.replaceAll('[redacted]', mark);
  }
  for (const [kind, pattern] of PATTERNS) {
    clean = clean.replace(pattern, (found) => note(kind) + (found.endsWith('\n') ? '\n' : ''));
  }
  for (const name of known.names) {
    if (name.length < SHORTEST_NAME || COMMON_NAMES.has(name.toLowerCase())) continue;
    const whole = new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(name)}(?![\\p{L}\\p{N}_])`, 'giu');
    clean = clean.replace(whole, () => note('name'));
  }
  return { text: clean, removed: Object.fromEntries(counts) };
}

/** A record or a list with every text in it cleaned, so that no way of writing it hides anything from the patterns. */
export function recordWithoutPrivate<Value>(
  value: Value,
  known: PrivateKnown,
  mark: string,
): Readonly<{ value: Value; removed: Removed }> {
  const counts: Record<string, number> = {};
  const cleaned = (part: unknown): unknown => {
    if (typeof part === 'string') {
      const { removed, text } = withoutPrivate(part, known, mark);
      addCounts(counts, removed);
      return text;
    }
    if (Array.isArray(part)) return part.map(cleaned);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, cleaned(inner)]));
  };
  return { value: cleaned(value) as Value, removed: counts };
}

/** Adds the counts of one text to those of others. */
export function addCounts(counts: Record<string, number>, more: Removed): void {
  for (const [kind, count] of Object.entries(more)) counts[kind] = (counts[kind] ?? 0) + count;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
