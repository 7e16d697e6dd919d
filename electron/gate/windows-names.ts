const DEVICES =
  /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[\d\u00B9\u00B2\u00B3]|lpt[\d\u00B9\u00B2\u00B3])(?:\.|$)/iu;
const DRIVE = /^[a-z]:[\\/]/iu;

/** What Windows cuts off a name, or takes for something else than a name. */
const isOddPart = (part: string): boolean =>
  part.includes(':') || (/[. ]$/u.test(part) && part !== '.' && part !== '..') || DEVICES.test(part);

/**
 * Whether Windows would open something else than the letters of a path say: a stream of a file, a device, a name
 * whose dots and spaces at the end are dropped, or a path that is handed to the system unread (`\\?\`, `\\.\`).
 */
export function isOddWindowsPath(offered: string): boolean {
  if (/^[\\/]{2}[?.]/u.test(offered)) return true;
  const names = DRIVE.test(offered) ? offered.slice(3) : offered;
  return names.split(/[\\/]/u).some((part) => isOddPart(part));
}
