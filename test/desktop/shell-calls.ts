import type { Page } from 'playwright-core';

import type { CallInput, MethodOutput } from '../../electron/shared/contract/define.ts';
import type { StudioContract } from '../../electron/shared/contract/index.ts';

type Answer = Readonly<{ ok: boolean; data?: unknown; error?: unknown }>;

/**
 * Calls a method of the contract from inside the page, over a port of its own. Rejects with the error's body as
 * JSON text.
 */
export async function callFromPage<Name extends keyof StudioContract>(
  page: Page,
  method: Name,
  params: CallInput<StudioContract[Name]>,
): Promise<MethodOutput<StudioContract[Name]>> {
  const answer = await page.evaluate(
    async ([name, input]) => {
      const bridge = window as unknown as {
        nextPort: () => Promise<MessagePort>;
        studio: { connect(): void };
      };
      const offered = bridge.nextPort();
      bridge.studio.connect();
      const port = await offered;
      return new Promise<Answer>((resolve) => {
        port.addEventListener('message', (event: MessageEvent<Answer & { k: string }>) => {
          if (event.data.k !== 'res') return;
          port.close();
          resolve(event.data);
        });
        port.start();
        port.postMessage({ k: 'req', id: 1, method: name, params: input });
      });
    },
    [method, params] as const,
  );
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.data as MethodOutput<StudioContract[Name]>;
}
