import type { Columns } from '../../shared/domain/lttb.ts';

const FIRST_CAPACITY = 1024;
const GROWTH = 1.5;

/** Every value of one curve in memory, in ascending steps: 16 bytes a point. */
export class RawCurve {
  #steps = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  #count = 0;
  /** Steps at which the run reported NaN or an infinity, ascending. */
  #nonFinite: number[] = [];
  #lastStep = -1;

  /** The finite values. Valid until the curve changes. */
  get finite(): Columns {
    return { steps: this.#steps, values: this.#values, count: this.#count };
  }

  get nonFiniteSteps(): readonly number[] {
    return this.#nonFinite;
  }

  /** The last step of all, -1 without one. */
  get lastStep(): number {
    return this.#lastStep;
  }

  get bytes(): number {
    return this.#steps.byteLength + this.#values.byteLength + this.#nonFinite.length * 8;
  }

  append(step: number, value: number | null): void {
    this.#lastStep = step;
    if (value === null) {
      this.#nonFinite.push(step);
      return;
    }
    if (this.#count === this.#steps.length) this.#grow();
    this.#steps[this.#count] = step;
    this.#values[this.#count] = value;
    this.#count += 1;
  }

  /** Forgets the values from a step on. */
  cutFrom(step: number): void {
    if (step > this.#lastStep) return;
    this.#count = firstFrom(this.finite, step);
    this.#nonFinite = this.#nonFinite.filter((one) => one < step);
    const last = this.#count === 0 ? -1 : (this.#steps[this.#count - 1] ?? -1);
    this.#lastStep = Math.max(last, this.#nonFinite.at(-1) ?? -1);
  }

  #grow(): void {
    const capacity = Math.ceil(this.#steps.length * GROWTH);
    // Moved, not copied: what is outgrown is free at once, and does not wait for the collector.
    this.#steps = new Float64Array(this.#steps.buffer.transfer(capacity * Float64Array.BYTES_PER_ELEMENT));
    this.#values = new Float64Array(this.#values.buffer.transfer(capacity * Float64Array.BYTES_PER_ELEMENT));
  }
}

/** Index of the first point at or after a step; the count where there is none. */
export function firstFrom({ steps, count }: Columns, step: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((steps[middle] ?? Infinity) < step) low = middle + 1;
    else high = middle;
  }
  return low;
}
