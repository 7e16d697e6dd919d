import type { Page } from 'playwright-core';

import type { CallInput, MethodOutput } from '../../../electron/shared/contract/define.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';

/** Calls a method of the core as the signed-in page would, over a socket of its own. */
export async function callFromPage<Name extends keyof StudioContract>(
  page: Page,
  method: Name,
  params: CallInput<StudioContract[Name]>,
): Promise<MethodOutput<StudioContract[Name]>> {
  const text = await page.evaluate(
    ([name, input]) =>
      new Promise<string>((resolve, reject) => {
        const address = new URL('api/socket', window.location.href);
        address.protocol = 'ws:';
        address.hash = '';
        const socket = new WebSocket(address);
        socket.onopen = () =>
          socket.send(
            JSON.stringify({ k: 'req', id: 1, method: name, params: JSON.parse(input) as unknown }),
          );
        socket.onerror = () => reject(new Error('the socket failed'));
        socket.onmessage = (event: MessageEvent<string>) => {
          resolve(event.data);
          socket.close();
        };
      }),
    [method, JSON.stringify(params)] as const,
  );
  const frame = JSON.parse(text) as { ok: boolean; data: unknown; error?: unknown };
  if (!frame.ok) throw new Error(`${method}: ${JSON.stringify(frame.error)}`);
  return frame.data as MethodOutput<StudioContract[Name]>;
}
