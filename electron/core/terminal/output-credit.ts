/** Beyond this a screen is behind by more than anybody reads, and the program waits. */
export const PAUSE_ABOVE_CHARACTERS = 100_000;
/** Well above nothing: the program is on its way again before the screen has run dry. */
export const RESUME_BELOW_CHARACTERS = 5000;

/** Counts what a program has written against what its screens have shown, in characters since its start. */
export class OutputCredit {
  #produced = 0;
  #shown = 0;
  #paused = false;

  /** Whether the program is to wait. */
  get paused(): boolean {
    return this.#paused;
  }

  produced(characters: number): void {
    this.#produced += characters;
    if (this.#produced - this.#shown > PAUSE_ABOVE_CHARACTERS) this.#paused = true;
  }

  /** Several screens may follow; the fastest sets the pace. A place that was never written counts for nothing. */
  shown(through: number): void {
    this.#shown = Math.max(this.#shown, Math.min(through, this.#produced));
    if (this.#produced - this.#shown < RESUME_BELOW_CHARACTERS) this.#paused = false;
  }
}
