import type { StudioContract } from '../shared/contract/index.ts';
import { queueViewSchema, type QueueView } from '../shared/contract/methods/queue.ts';
import type { RpcClient } from '../shared/contract/rpc-client.ts';
import { Listeners } from '../shared/domain/listeners.ts';

export type QueueFault = NonNullable<QueueView['pausedBy']>;

/** The queue as the core tells it: how many wait, and what stopped it. */
export class QueueWatch {
  readonly #faults = new Listeners<QueueFault>();
  #view: QueueView | undefined;

  constructor(client: RpcClient<StudioContract>) {
    client.subscribe('queue', ({ data }) => {
      const parsed = queueViewSchema.safeParse(data);
      if (!parsed.success) return;
      const before = this.#view;
      this.#view = parsed.data;
      const fault = parsed.data.pausedBy;
      // Only one that came while the app was open is news; the page shows an older one.
      if (fault !== undefined && before !== undefined && before.pausedBy?.code !== fault.code)
        this.#faults.emit(fault);
    });
  }

  /** Runs that would start by themselves when the live one ends. */
  get waiting(): number {
    return this.#view === undefined || this.#view.paused ? 0 : this.#view.items.length;
  }

  onFault(listener: (fault: QueueFault) => void): void {
    this.#faults.add(listener);
  }
}
