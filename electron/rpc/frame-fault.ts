import { MAX_FRAME_BYTES } from '../shared/contract/frames.ts';

/** Cost of a value besides its text: a flood of empty objects is a flood too. */
const VALUE_COST = 8;
/** Deepest nesting of a frame; ours need less than ten, and code that walks through frames recurses. */
const DEEPEST = 64;

export type FrameFault = 'core.frame_too_large' | 'core.bad_frame';

const isPlainObject = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

const PLAIN_TYPES: ReadonlySet<string> = new Set(['string', 'number', 'boolean', 'undefined']);

/** What JSON can say, with `undefined` for what it leaves out. */
const isPlain = (value: unknown): boolean =>
  PLAIN_TYPES.has(typeof value) ||
  value === null ||
  (typeof value === 'object' && (Array.isArray(value) || isPlainObject(value)));

/**
 * Why a message of a page is no frame, whatever carried it: larger than a frame may be, nested too deep (a cycle
 * is, too), or made of something else than JSON, which a message port can carry and no handler expects. Undefined
 * where it may be parsed. Stops at the first fault, and does not recurse.
 */
export function frameFault(message: unknown, maxCost: number = MAX_FRAME_BYTES): FrameFault | undefined {
  let left = maxCost;
  const open: (readonly [value: unknown, depth: number])[] = [[message, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    if (depth > DEEPEST || !isPlain(value)) return 'core.bad_frame';
    left -= VALUE_COST + (typeof value === 'string' ? value.length : 0);
    if (Array.isArray(value)) {
      // Holes cost as much as entries; a length of its own making must not be walked through first.
      if (value.length * VALUE_COST > left) return 'core.frame_too_large';
      for (const entry of value as unknown[]) open.push([entry, depth + 1]);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, entry] of Object.entries(value)) {
        left -= key.length;
        if (left < 0) return 'core.frame_too_large';
        open.push([entry, depth + 1]);
      }
    }
    if (left < 0) return 'core.frame_too_large';
  }
  return undefined;
}
