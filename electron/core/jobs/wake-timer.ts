/** A pause that can be cut short. A wake that comes while nobody waits counts for the next pause. */
export class WakeTimer {
  #timer: NodeJS.Timeout | undefined;
  #resolve: (() => void) | undefined;
  #isAwake = false;

  wait(milliseconds: number): Promise<void> {
    if (this.#isAwake) {
      this.#isAwake = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#timer = setTimeout(() => this.#finish(), milliseconds);
    });
  }

  wake(): void {
    if (this.#resolve === undefined) this.#isAwake = true;
    else this.#finish();
  }

  #finish(): void {
    clearTimeout(this.#timer);
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.();
  }
}
