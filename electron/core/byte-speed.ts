const WINDOW_MS = 8000;
const SECOND_MS = 1000;

/** Bytes per second of the last seconds, from marks of how many bytes were there when. */
export class ByteSpeed {
  #marks: { atMs: number; bytes: number }[] = [];

  mark(atMs: number, bytes: number): void {
    this.#marks.push({ atMs, bytes });
    while ((this.#marks[0]?.atMs ?? atMs) < atMs - WINDOW_MS) this.#marks.shift();
  }

  /** What is counted begins anew: bytes before it say nothing of what follows. */
  restart(): void {
    this.#marks = [];
  }

  /** Undefined until the marks span a second. */
  get perSecond(): number | undefined {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < SECOND_MS) return undefined;
    return Math.max(0, ((last.bytes - first.bytes) * SECOND_MS) / (last.atMs - first.atMs));
  }
}
