/** Longer names leave no room for the format and for what file systems add. */
const MOST_UNITS = 80;

/** A record's name as the beginning of a file name that every system takes. */
export function fileNameOf(name: string): string {
  const cleaned = name.replaceAll(/[<>:"/\\|?*\p{Cc}\s]+/gu, '-').replaceAll(/^[.\-]+/gu, '');
  // A cut may fall inside a character, whose first half then stands at the end.
  const short = cleaned.slice(0, MOST_UNITS).replace(/[.\-\p{Cs}]+$/u, '');
  return short === '' ? 'model' : short;
}
