/** Puts a text on the clipboard; rejects where that is not allowed. */
type TextCopier = (text: string) => Promise<unknown>;

let copier: TextCopier = (text) => navigator.clipboard.writeText(text);

/** For a shell whose pages have no clipboard of their own. Said once, before anything is drawn. */
export function copyTextWith(shellCopier: TextCopier): void {
  copier = shellCopier;
}

/**
 * Puts a text on the clipboard. A page that came over plain HTTP from another machine has no clipboard of its
 * own; there the browser copies what is selected. False where neither is allowed.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await copier(text);
    return true;
  } catch {
    return copySelection(text);
  }
}

function copySelection(text: string): boolean {
  const field = document.createElement('textarea');
  const focused = document.activeElement;
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way on an origin without TLS
    return document.execCommand('copy');
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
