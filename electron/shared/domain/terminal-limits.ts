type Identifier = { prefix?: string; intermediates?: string; final: string };

/** What both of xterm's builds offer: a handler that returns true keeps the sequence from them. */
type EscapeParser = {
  registerCsiHandler(id: Identifier, handler: (params: (number | number[])[]) => boolean): unknown;
};

/** More than any screen has of rows or columns. */
const MOST_REPETITIONS = 1000;

/**
 * Insert, delete, scroll, tab, erase, repeat: each does its work as often as its number says, and a number of ten digits
 * stops the process that draws.
 */
const REPEATING: readonly Identifier[] = [
  ...'@ILMPSTXZb^'.split('').map((final) => ({ final })),
  ...'@A'.split('').map((final) => ({ intermediates: ' ', final })),
  ...'}~'.split('').map((final) => ({ intermediates: "'", final })),
];

/** Ignores sequences that ask for more repetitions than could ever be seen. */
export function limitRepetitions(parser: EscapeParser): void {
  for (const id of REPEATING) {
    parser.registerCsiHandler(id, (params) => params.some((count) => Number(count) > MOST_REPETITIONS));
  }
}
