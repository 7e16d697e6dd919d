type Answer = Readonly<{ id?: number; result?: Readonly<{ result?: Readonly<{ value?: unknown }> }> }>;

/**
 * Evaluates one expression in the only page of an app that was started with `--remote-debugging-port`, which says
 * `port` on its standard error. Undefined while no page answers.
 */
export async function evaluateOverWire(port: number, expression: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${String(port)}/json/list`);
  const targets = (await response.json()) as readonly Readonly<{
    type: string;
    webSocketDebuggerUrl: string;
  }>[];
  const page = targets.find(({ type }) => type === 'page');
  if (page === undefined) return undefined;
  const socket = new WebSocket(page.webSocketDebuggerUrl);
  return new Promise((resolve) => {
    // A page that closes itself, or is only just there, does not answer.
    for (const end of ['error', 'close']) socket.addEventListener(end, () => resolve(undefined));
    socket.addEventListener('message', (event: MessageEvent<string>) => {
      const answer = JSON.parse(event.data) as Answer;
      if (answer.id !== 1) return;
      resolve(answer.result?.result?.value);
      socket.close();
    });
    socket.addEventListener('open', () =>
      socket.send(
        JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression, returnByValue: true } }),
      ),
    );
  });
}
