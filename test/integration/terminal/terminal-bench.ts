import { readdirSync, readFileSync } from 'node:fs';

import { testPorts, type TestStudio } from '../core/core-harness.ts';
import type { CorePorts } from '../../../electron/core/ports.ts';
import { TERMINAL_MARKER_NAME } from '../../../electron/core/terminal/shell-environment.ts';
import type { TerminalTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';

type Client = RpcClient<StudioContract>;

/** The ports of a face that may open terminals. */
export function terminalPorts(studio: TestStudio, environment: CorePorts['environment']): Partial<CorePorts> {
  const { hostUi } = testPorts(studio.home);
  return {
    environment,
    hostUi: { ...hostUi, capabilities: { ...hostUi.capabilities, terminal: { available: true } } },
  };
}

/** Pids of living processes that carry the mark of a terminal. */
export function terminalProcesses(terminalId: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(
          `${TERMINAL_MARKER_NAME}=${terminalId}`,
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** One follower of a terminal: what it was told, and a shell's answer to wait for. */
export class Follower {
  readonly events: TerminalTopicData[] = [];
  /** Characters that came as output, and the place they reach to. */
  received = 0;
  through = 0;
  text = '';
  readonly #client: Client;
  readonly #terminalId: string;
  readonly #subscription: { dispose(): void };
  #waiting: (() => void)[] = [];

  constructor(client: Client, terminalId: string, acknowledges = true) {
    this.#client = client;
    this.#terminalId = terminalId;
    this.#subscription = client.subscribe(`terminal.${terminalId}`, ({ data }) => {
      const event = data as TerminalTopicData;
      this.events.push(event);
      if (event.kind === 'snapshot') {
        this.text = event.screen;
        this.through = event.through;
      }
      if (event.kind === 'output') {
        this.text += event.text;
        this.received += event.text.length;
        this.through = event.through;
        if (acknowledges) void this.acknowledge();
      }
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** Nobody waits for these answers; a terminal that went meanwhile refuses. */
  acknowledge(): Promise<unknown> {
    const said = { terminalId: this.#terminalId, through: this.through };
    return this.#client.call('terminal.ack', said).catch(() => undefined);
  }

  type(text: string): Promise<unknown> {
    return this.#client.call('terminal.input', { terminalId: this.#terminalId, text });
  }

  async until(holds: (follower: Follower) => boolean): Promise<void> {
    while (!holds(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    this.#subscription.dispose();
  }
}
