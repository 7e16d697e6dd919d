import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

import type { Hub } from '../../electron/shared/domain/hub-endpoints.ts';

/** What has come to a hub so far; see commanded_hub.py. */
export type HubFacts = Readonly<{
  /** Addresses that content was put to, in order; at ModelScope's they end with its SHA-256. */
  puts: readonly string[];
  /** SHA-256 of the content that came whole. */
  kept: readonly string[];
  receivedBytes: number;
  /** Messages of the commits that were carried out. */
  commits: readonly string[];
  private: Readonly<Record<string, boolean>>;
  /** SHA-256 by path, by repository. */
  files: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Requests that had a token with them. */
  withToken: number;
}>;

type Command =
  | Readonly<{ do: 'check' | 'go_on' | 'hold' | 'let' | 'renew' }>
  | Readonly<{ do: 'slow'; seconds: number }>
  | Readonly<{ do: 'stop_at'; received: number }>
  | Readonly<{ do: 'expire'; route: string }>
  | Readonly<{ do: 'commits'; faults: readonly string[] }>;

export type CommandedHub = Readonly<{
  endpoint: string;
  facts: () => Promise<HubFacts>;
  tell: (command: Command) => Promise<void>;
  close: () => Promise<void>;
}>;

/** The tests' hub on the loopback, empty, with its switches and its counts within reach. */
export async function startCommandedHub(python: string, hub: Hub): Promise<CommandedHub> {
  const script = path.join(import.meta.dirname, 'commanded_hub.py');
  // A client that is killed in the middle of a body is no news.
  const child = spawn(python, [script, hub], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error('the hub has ended');
    return JSON.parse(value) as unknown;
  };
  const { endpoint } = (await answer()) as { endpoint: string };
  // One question at a time: answers come in the order of the questions.
  let last: Promise<unknown> = Promise.resolve();
  const ask = (command: object): Promise<unknown> => {
    const asked = last.then(() => {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return answer();
    });
    last = asked.catch(() => undefined);
    return asked;
  };
  return {
    endpoint,
    facts: async () => (await ask({ do: 'facts' })) as HubFacts,
    tell: async (command) => {
      const { failed } = (await ask(command)) as { failed?: string };
      if (failed !== undefined) throw new Error(`${command.do}: ${failed}`);
    },
    close: async () => {
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}
