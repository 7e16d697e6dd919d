/** What is wrong with a sample answer at first sight. */
export type AnswerSign = 'empty' | 'repetition' | 'never_stops';

/** Characters that a repeated piece has at least, so that 。。。 or a list of 1 is no repetition. */
const LEAST_PIECE = 2;
/** Characters looked at from the end: a loop that has begun does not end. */
const TAIL_CHARACTERS = 400;
/** Characters that the repeated pieces cover together at least. */
const LEAST_COVERED = 24;
/** Times a piece stands behind itself at least. */
const LEAST_TIMES = 3;

/** Signs of a broken answer. `finish` is how the generation ended: `length` is the limit of new tokens. */
export function answerSigns(answer: string, finish: string): readonly AnswerSign[] {
  const text = answer.trim();
  if (text === '') return ['empty'];
  const signs: AnswerSign[] = [];
  if (endsInRepetition(text)) signs.push('repetition');
  if (finish === 'length') signs.push('never_stops');
  return signs;
}

/** Whether the end of a text is one piece again and again; the last repetition may be cut. */
export function endsInRepetition(text: string): boolean {
  const tail = Array.from(text).slice(-TAIL_CHARACTERS);
  for (let piece = LEAST_PIECE; piece * LEAST_TIMES <= tail.length; piece += 1) {
    let covered = 0;
    for (let at = tail.length - 1; at >= piece && tail[at] === tail[at - piece]; at -= 1) covered += 1;
    if (covered + piece >= Math.max(piece * LEAST_TIMES, LEAST_COVERED)) return true;
  }
  return false;
}
