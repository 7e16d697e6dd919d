import type { IFunctionIdentifier, Terminal } from '@xterm/xterm';

import { limitRepetitions } from '../../../electron/shared/domain/terminal-limits.ts';

/**
 * OSC that a page never acts on. 0, 1, 2: titles, which the core sends as text. 4, 10–19, 104, 110–119: colours, set
 * or asked for. 9, 99, 777: notifications. 52: the clipboard. 50: fonts. 7, 133, 633, 1337: what other terminals run.
 */
const IGNORED_OSC = [
  0, 1, 2, 4, 5, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 50, 52, 99, 104, 105, 110, 111, 112, 113, 114,
  115, 116, 117, 118, 119, 133, 633, 777, 1337,
];
/** Questions; the core's own screen answers them once, so an answer from here would be typed into the shell. */
const QUESTIONS: readonly IFunctionIdentifier[] = [
  { final: 'c' },
  { prefix: '>', final: 'c' },
  { prefix: '=', final: 'c' },
  { final: 'n' },
  { prefix: '?', final: 'n' },
  { prefix: '>', final: 'q' },
  { intermediates: '$', final: 'p' },
  { prefix: '?', intermediates: '$', final: 'p' },
  { final: 't' },
  { final: 'x' },
];
const STRING_QUESTIONS: readonly IFunctionIdentifier[] = [
  { intermediates: '$', final: 'q' },
  { intermediates: '+', final: 'q' },
  { intermediates: '+', final: 'p' },
];

const swallow = (): boolean => true;

/** Output only draws: it neither answers, nor names the window, nor reaches clipboard, fonts or colours of the page. */
export function guardEscapes({ parser }: Terminal): void {
  limitRepetitions(parser);
  for (const number of IGNORED_OSC) parser.registerOscHandler(number, swallow);
  for (const question of QUESTIONS) parser.registerCsiHandler(question, swallow);
  for (const question of STRING_QUESTIONS) parser.registerDcsHandler(question, swallow);
  parser.registerEscHandler({ final: 'Z' }, swallow);
}
