import type { RunsTopicData } from '../contract/events.ts';
import { isLive } from './run-state.ts';
import type { RunAttention, RunSummary } from '../contract/methods/runs.ts';

export type RunThatNeedsYou = RunSummary & Readonly<{ attention: RunAttention }>;

// Of one that is done, its end is the news.
const needsYou = (run: RunSummary): run is RunThatNeedsYou =>
  run.attention !== undefined && isLive(run.state);

/**
 * Which frames of the topic `runs` are news to a person: a live run that begins to need one. Each reason is told
 * once a run, so that a loss around the limit does not ring again and again; what a window finds when it opens is
 * on the run's page and no news.
 */
export class AttentionWatch {
  readonly #told = new Set<string>();

  /** The run to tell of, if this frame makes it news. */
  newsIn(frame: RunsTopicData): RunThatNeedsYou | undefined {
    if (frame.kind === 'snapshot') {
      for (const run of frame.live) if (needsYou(run)) this.#told.add(keyOf(run));
      return undefined;
    }
    if (frame.kind !== 'changed' || !needsYou(frame.run) || this.#told.has(keyOf(frame.run)))
      return undefined;
    this.#told.add(keyOf(frame.run));
    return frame.run;
  }
}

const keyOf = (run: RunThatNeedsYou): string => `${run.id} ${String(run.attempts)} ${run.attention}`;
