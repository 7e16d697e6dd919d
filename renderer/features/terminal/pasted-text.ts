/** Characters that a keyboard does not type and a shell would obey: an end of paste mode, a cursor moved unseen. */
const COMMANDS = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/gu;

/** A pasted text as plain text: tabs and line breaks stay, everything else that acts is left out. */
export const pastedText = (text: string): string => text.replaceAll(COMMANDS, '');
