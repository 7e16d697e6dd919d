import { readdirSync, readFileSync } from 'node:fs';

import { JOB_MARKER_NAME } from '../../electron/core/jobs/runner-environment.ts';

/** Arguments and environment of one process, each as the system keeps them. */
type Sample = Readonly<{ pid: number; arguments: string; environment: string }>;

export type ChildSamples = Readonly<{
  /** Everything that was seen of any descendant, each state of it once. */
  all: () => readonly Sample[];
  /** Processes that a job's own marker was seen in, by the job's id. */
  jobs: () => ReadonlyMap<string, number>;
  /** Looks at the descendants of this process too. */
  watch: (pid: number) => void;
  stop: () => void;
}>;

const INTERVAL_MS = 20;

/** Looks at all descendants of processes, over and over, as long as they live. Linux only. */
export function sampleChildren(): ChildSamples {
  const roots = new Set<number>();
  const seen = new Map<string, Sample>();
  const look = (): void => {
    for (const pid of descendants(roots)) {
      const sample = { pid, arguments: read(pid, 'cmdline'), environment: read(pid, 'environ') };
      if (sample.arguments !== '') seen.set(JSON.stringify(sample), sample);
    }
  };
  const timer = setInterval(look, INTERVAL_MS);
  const all = (): readonly Sample[] => {
    look();
    return [...seen.values()];
  };
  return {
    all,
    jobs: () => {
      const jobs = new Map<string, number>();
      for (const { pid, environment } of all()) {
        const marker = new RegExp(`${JOB_MARKER_NAME}=([^.\\0]+)`, 'u').exec(environment)?.[1];
        if (marker !== undefined && !jobs.has(marker)) jobs.set(marker, pid);
      }
      return jobs;
    },
    watch: (pid) => void roots.add(pid),
    stop: () => clearInterval(timer),
  };
}

function descendants(roots: ReadonlySet<number>): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    // `pid (name) state parent …`; a name may hold anything, also a bracket.
    const parent = Number(/^.*\) \S (\d+) /su.exec(read(Number(name), 'stat'))?.[1]);
    if (Number.isInteger(parent)) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const below = (pid: number): void => {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      below(child);
    }
  };
  for (const root of roots) below(root);
  return found;
}

/** Nothing where the process has gone meanwhile. Bytes as characters: an environment need not be text. */
function read(pid: number, file: 'cmdline' | 'environ' | 'stat'): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
