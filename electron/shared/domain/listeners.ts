import type { Disposable } from '../contract/disposable.ts';

/** A set of callbacks that may change while it is being called. */
export class Listeners<Value> {
  readonly #listeners = new Set<(value: Value) => void>();

  add(listener: (value: Value) => void): Disposable {
    // A wrapper of its own, so that adding one function twice gives two subscriptions.
    const entry = (value: Value): void => listener(value);
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }

  emit(value: Value): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  get size(): number {
    return this.#listeners.size;
  }

  clear(): void {
    this.#listeners.clear();
  }
}
