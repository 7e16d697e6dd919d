import { runsTopicSchema } from '../shared/contract/events.ts';
import type { RunSummary } from '../shared/contract/methods/runs.ts';
import type { StudioContract } from '../shared/contract/index.ts';
import type { RpcClient } from '../shared/contract/rpc-client.ts';
import { isLive } from '../shared/domain/run-state.ts';
import { AttentionWatch, type RunThatNeedsYou } from '../shared/domain/attention-watch.ts';
import { Listeners } from '../shared/domain/listeners.ts';

export type EndedRun = RunSummary & Readonly<{ state: 'done' | 'failed' | 'interrupted' | 'stopped' }>;

const hasEnded = (run: RunSummary): run is EndedRun =>
  run.state === 'done' || run.state === 'failed' || run.state === 'interrupted' || run.state === 'stopped';

/** The runs that are training now, as the core tells it, each one's end, and what needs a person before that. */
export class LiveRuns {
  readonly #runs = new Map<string, RunSummary>();
  readonly #changes = new Listeners<undefined>();
  readonly #ends = new Listeners<EndedRun>();
  readonly #needs = new Listeners<RunThatNeedsYou>();
  readonly #watch = new AttentionWatch();

  constructor(client: RpcClient<StudioContract>) {
    client.subscribe('runs', ({ data }) => {
      const parsed = runsTopicSchema.safeParse(data);
      if (!parsed.success) return;
      const frame = parsed.data;
      switch (frame.kind) {
        case 'snapshot':
          this.#runs.clear();
          for (const run of frame.live) if (isLive(run.state)) this.#runs.set(run.id, run);
          break;
        case 'changed':
          if (isLive(frame.run.state)) this.#runs.set(frame.run.id, frame.run);
          // Only an end that was seen live is news.
          else if (this.#runs.delete(frame.run.id) && hasEnded(frame.run)) this.#ends.emit(frame.run);
          break;
        case 'removed':
          this.#runs.delete(frame.runId);
      }
      this.#changes.emit(undefined);
      const news = this.#watch.newsIn(frame);
      if (news !== undefined) this.#needs.emit(news);
    });
  }

  get all(): readonly RunSummary[] {
    return [...this.#runs.values()];
  }

  onChange(listener: () => void): void {
    this.#changes.add(listener);
  }

  onEnd(listener: (run: EndedRun) => void): void {
    this.#ends.add(listener);
  }

  /** A live run whose losses have begun to need a person. */
  onAttention(listener: (run: RunThatNeedsYou) => void): void {
    this.#needs.add(listener);
  }
}
