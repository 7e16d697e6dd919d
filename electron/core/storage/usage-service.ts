import type { StorageTopicData, UsageGroup, UsageItem } from '../../shared/contract/methods/storage.ts';
import { toErrorBody } from '../../shared/contract/studio-error.ts';
import type { Disposable } from '../../shared/contract/disposable.ts';
import type { Clock } from '../ports.ts';
import { countUsage, type CountedOffer, type UsageCount } from './count-usage.ts';
import type { UsageSources } from './usage-place.ts';

export type UsageServiceDeps = Readonly<{
  sources: () => UsageSources;
  freeDiskBytes: () => number;
  clock: Clock;
  publish: (data: StorageTopicData) => void;
}>;

/** Four frames a second, as for everything that moves. */
const FRAME_INTERVAL_MS = 250;

/** Counts what the studio takes on the disk, in the background, and keeps the last count. */
export class UsageService {
  readonly #deps: UsageServiceDeps;
  #last: Readonly<{ count: UsageCount; view: NonNullable<StorageTopicData['usage']> }> | undefined;
  #error: StorageTopicData['error'];
  #progress = { files: 0, bytes: 0 };
  #stopper: AbortController | undefined;
  #counting: Promise<void> = Promise.resolve();
  #frame: Disposable | undefined;
  readonly #gone = new Set<string>();

  constructor(deps: UsageServiceDeps) {
    this.#deps = deps;
  }

  view(): StorageTopicData {
    const isCounting = this.#stopper !== undefined;
    return {
      isCounting,
      ...(isCounting ? { progress: { ...this.#progress } } : {}),
      ...(this.#last === undefined ? {} : { usage: this.#last.view }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  /** Begins a count where none is under way. */
  start(): StorageTopicData {
    if (this.#stopper === undefined) {
      const stopper = new AbortController();
      this.#stopper = stopper;
      this.#error = undefined;
      this.#progress = { files: 0, bytes: 0 };
      this.#counting = this.#count(stopper.signal).finally(() => {
        this.#stopper = undefined;
        this.#frame?.dispose();
        this.#frame = undefined;
        this.#deps.publish(this.view());
      });
      this.#deps.publish(this.view());
    }
    return this.view();
  }

  /** The last count stays. */
  async cancel(): Promise<StorageTopicData> {
    this.#stopper?.abort();
    await this.#counting;
    return this.view();
  }

  /** What was counted last has changed: counts again, also where a count is under way. */
  async again(): Promise<void> {
    await this.cancel();
    this.start();
  }

  /** Of the last count, the largest first. */
  items(group: UsageGroup): readonly UsageItem[] {
    return (this.#last?.count.items ?? []).filter((item) => item.group === group);
  }

  /** Of the last count, the largest first, without what has been deleted since. */
  offers(): readonly CountedOffer[] {
    return (this.#last?.count.offers ?? []).filter(({ offer }) => !this.#gone.has(offer.key));
  }

  /** These offers were carried out: they are offered no more, and everything is counted again. */
  async carriedOut(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#gone.add(key);
    await this.again();
  }

  async dispose(): Promise<void> {
    await this.cancel();
  }

  async #count(signal: AbortSignal): Promise<void> {
    const { clock, freeDiskBytes, publish, sources } = this.#deps;
    try {
      const count = await countUsage(sources(), {
        signal,
        onProgress: (files, bytes) => {
          this.#progress.files += files;
          this.#progress.bytes += bytes;
          this.#frame ??= clock.after(FRAME_INTERVAL_MS, () => {
            this.#frame = undefined;
            publish(this.view());
          });
        },
      });
      const { groups, totalBytes, unreadable } = count;
      this.#gone.clear();
      this.#last = {
        count,
        view: {
          countedAtMs: clock.nowMs(),
          totalBytes,
          freeDiskBytes: freeDiskBytes(),
          unreadable,
          groups: groups.map((one) => ({ ...one })),
        },
      };
    } catch (error) {
      // A person's own decision is no failure.
      if (signal.aborted) return;
      const { code, params, detail } = toErrorBody(error);
      this.#error = { code, params: { ...params }, ...(detail === undefined ? {} : { detail }) };
    }
  }
}
