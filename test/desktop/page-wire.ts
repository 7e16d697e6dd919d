type Answer = Readonly<{ id?: number; result?: Readonly<{ result?: Readonly<{ value?: unknown }> }> }>;

/**
 * Evaluates one expression in the only page of an app that was started with `--remote-debugging-port`, which says
 * `port` on its standard error. Undefined while there is no page.
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
  return new Promise((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('the page does not answer')));
    // A page that closes itself takes the socket with it.
    socket.addEventListener('close', () => resolve(undefined));
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
