import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fakeSpec, JobHarness } from '../../helpers/job-harness.ts';

type CallOut = Readonly<{
  outcomes: Readonly<Record<string, string>>;
  environment: Readonly<Record<string, string | null>>;
}>;

/** An address of this machine that a process cannot tell from another machine's. */
const outerAddress = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

const WAYS_OUT = [
  'straight',
  'name',
  'datagram',
  'library',
  'aroundTheProxy',
  'forked',
  'otherProgram',
] as const;

/** A real job process and a real server that counts who reaches it. */
describe.skipIf(outerAddress === undefined)('the air gap', () => {
  let server: Server;
  let port: number;
  let reached: string[];
  let harness: JobHarness | undefined;

  beforeEach(async () => {
    reached = [];
    server = createServer((_request, response) => response.end('ok'));
    server.on('connection', (socket) => reached.push(socket.localAddress ?? ''));
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    port = (server.address() as AddressInfo).port;
  });

  afterEach(async () => {
    await harness?.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const callOut = async (airGap: boolean, how: Parameters<JobHarness['run']>[1]): Promise<CallOut> => {
    harness = await new JobHarness({ airGap }).open();
    const job = await harness.run([{ do: 'call-out', host: outerAddress, port }], how);
    expect(job.state).toBe('done');
    return job.result as unknown as CallOut;
  };

  // One kind of job that is started in another way than the rest would be the hole.
  it.each([
    ['a run', { detached: true }],
    ['a service job', { detached: false }],
    ['a chat', { detached: false, spec: fakeSpec('chat') }],
  ] as const)('lets nothing of %s reach another machine', async (_name, how) => {
    const { outcomes, environment } = await callOut(true, how);
    for (const way of WAYS_OUT) expect(outcomes[way], way).not.toBe('connected');
    expect(outcomes['ownMachine']).toBe('connected');
    expect(reached.filter((address) => address === outerAddress)).toEqual([]);
    expect(environment).toEqual({
      http_proxy: 'http://127.0.0.1:9',
      https_proxy: 'http://127.0.0.1:9',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      no_proxy: '',
      HF_HUB_OFFLINE: '1',
      TRANSFORMERS_OFFLINE: '1',
    });
  });

  // Were nothing reached without the gap either, the test above would prove nothing.
  it('is what stands between a job and the server', async () => {
    const { outcomes } = await callOut(false, { detached: false });
    for (const way of WAYS_OUT.filter((one) => one !== 'name')) expect(outcomes[way], way).toBe('connected');
    expect(reached.filter((address) => address === outerAddress).length).toBe(5);
  });
});
