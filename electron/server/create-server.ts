import type { Socket } from 'node:net';

import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';

import type { ErrorCode } from '../shared/contract/errors/index.ts';
import { StudioError, toErrorBody } from '../shared/contract/studio-error.ts';
import type { ServeOptions } from '../rpc/serve-channel.ts';
import { createBodyDeadline } from './body-deadline.ts';
import type { FileTable } from '../gate/file-table.ts';
import { listFolder } from './folder-listing.ts';
import type { GrantedRoots } from '../gate/granted-roots.ts';
import { listenAddress, type Certificate } from './listen-address.ts';
import { PATIENCE, type Patience } from './patience.ts';
import { rawRefusal } from './raw-refusal.ts';
import { createRequestGuard, REQUEST_HEADER, type RequestGuard } from './request-guard.ts';
import { SECURITY_HEADERS } from '../gate/security-headers.ts';
import { createSessionGate, type SessionGate } from './session-gate.ts';
import { acceptSockets } from './socket-door.ts';
import { serveFiles } from './static-routes.ts';
import { statusOf } from './status.ts';
import { acceptUploads } from './upload-route.ts';
import type { UploadStore } from './upload-store.ts';

export type ServerOptions = ServeOptions & {
  /** Without it the loopback address; anything else needs a certificate. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly certificate?: Certificate;
  readonly nowMs: () => number;
  /** The built renderer. */
  readonly files?: FileTable;
  readonly uploads?: UploadStore;
  /** Folders of this machine that a browser may look into. */
  readonly granted?: GrantedRoots;
  /** Without it, as long as people and networks need. */
  readonly patience?: Patience;
};

export type StudioServer = {
  readonly port: number;
  /** The address to open, with its one-time token in the fragment, which browsers never send or log. */
  readonly url: string;
  /** An address for one more browser; those printed before and not yet used stop working. */
  renewUrl(): string;
  close(): Promise<void>;
};

const LARGEST_BODY_BYTES = 16_384;
/** A file name of 200 bytes, each written as `%xx`. */
const LONGEST_PARAMETER = 600;

/**
 * Serves the contract: a token exchange over HTTP, frames over a WebSocket, the renderer from a fixed table, and
 * uploads. Throws `server.certificate_required`, `server.port_in_use`, `server.host_unusable`.
 */
export async function createServer(options: ServerOptions): Promise<StudioServer> {
  const { certificate } = options;
  const address = listenAddress(options.host, certificate);
  const gate = createSessionGate(options.nowMs, { secure: certificate !== undefined });
  const patience = options.patience ?? PATIENCE;
  const app = createApp(certificate, patience);
  const deadline = createBodyDeadline(patience.requestMs);
  const guard: { current: RequestGuard | undefined } = { current: undefined };
  const refusalOf = (headers: FastifyRequest['headers']): ErrorCode | undefined =>
    guard.current === undefined ? 'server.host_refused' : guard.current.check(headers);

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    deadline.watch(request.raw);
    const refusal = refusalOf(request.headers);
    if (refusal !== undefined)
      await reply.code(statusOf(refusal)).send({ error: { code: refusal, params: {} } });
  });
  app.setErrorHandler(async (error, request, reply) => {
    // Fastify's own refusals (size, content type, JSON) are the caller's fault, never a defect of ours.
    const ownRefusal = (error as { statusCode?: number }).statusCode !== undefined;
    if (error instanceof StudioError) {
      await reply.code(statusOf(error.code)).send({ error: toErrorBody(error) });
    } else if (ownRefusal) {
      await reply.code(400).send({ error: { code: 'server.request_refused', params: {} } });
    } else {
      options.onDefect(error, request.url);
      await reply.code(500).send({ error: { code: 'core.internal', params: {} } });
    }
  });
  app.setNotFoundHandler(async (_request, reply) => {
    await reply.code(404).send({ error: { code: 'server.request_refused', params: {} } });
  });
  addSessionRoutes(app, gate);
  if (options.files !== undefined) serveFiles(app, options.files);
  const admit = admission(gate);
  if (options.uploads !== undefined)
    acceptUploads(app, options.uploads, admit, { deadline, silenceMs: patience.uploadSilenceMs });
  const { granted } = options;
  if (granted !== undefined) {
    app.post('/api/folder', { preHandler: admit }, async (request) => {
      const parsed = z.strictObject({ path: z.string().max(4096).optional() }).safeParse(request.body);
      if (!parsed.success) throw new StudioError('server.request_refused');
      return listFolder(granted, parsed.data.path);
    });
  }

  const port = await listen(app, address.host, options.port);
  const requestGuard = createRequestGuard(address.names, port, address.scheme);
  guard.current = requestGuard;
  const sockets = acceptSockets(app.server, { ...options, pingMs: patience.pingMs }, (request) => {
    const refusal = requestGuard.check(request.headers);
    if (refusal !== undefined) return refusal;
    return gate.admits(request.headers.cookie) ? undefined : 'server.session_missing';
  });
  const urlOf = (token: string): string =>
    `${address.scheme}://${address.shownName}:${String(port)}/#token=${token}`;

  return {
    port,
    url: urlOf(gate.token),
    renewUrl: () => urlOf(gate.renew()),
    close: async () => {
      sockets.dispose();
      await app.close();
    },
  };
}

const REQUEST_TIMEOUT = 408;
const HEADERS_TOO_LARGE = 431;
const BAD_REQUEST = 400;

const statusOfUnread: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: REQUEST_TIMEOUT,
  HPE_HEADER_OVERFLOW: HEADERS_TOO_LARGE,
};

function createApp(certificate: Certificate | undefined, { requestMs }: Patience): FastifyInstance {
  const heads = { headersTimeout: requestMs, connectionsCheckingInterval: requestMs / 4 };
  const common = {
    // What is no request, or never becomes one: answered like any other refusal, then the connection ends.
    clientErrorHandler: (error: Error & { code?: string }, socket: Socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
      else socket.end(rawRefusal(statusOfUnread[error.code ?? ''] ?? BAD_REQUEST, 'server.request_refused'));
    },
    bodyLimit: LARGEST_BODY_BYTES,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
  } as const;
  if (certificate === undefined) return fastify({ ...common, http: heads });
  return fastify({ ...common, https: { ...certificate, ...heads, minVersion: 'TLSv1.2' } });
}

function addSessionRoutes(app: FastifyInstance, gate: SessionGate): void {
  app.post('/api/session', async (request, reply) => {
    if (request.headers[REQUEST_HEADER] === undefined) throw new StudioError('server.request_refused');
    const parsed = z.strictObject({ token: z.string().max(200) }).safeParse(request.body);
    if (!parsed.success) throw new StudioError('server.request_refused');
    await reply.header('set-cookie', gate.exchange(parsed.data.token)).send({ ok: true });
  });
  // A page cannot see why its WebSocket was refused, so it asks here.
  app.get('/api/session', { preHandler: admission(gate) }, () => ({ ok: true }));
}

/** Lets pass what our own page sends with a session. */
function admission(gate: SessionGate): (request: FastifyRequest) => Promise<void> {
  return (request) => {
    if (request.headers[REQUEST_HEADER] === undefined)
      return Promise.reject(new StudioError('server.request_refused'));
    if (!gate.admits(request.headers.cookie))
      return Promise.reject(new StudioError('server.session_missing'));
    return Promise.resolve();
  };
}

async function listen(app: FastifyInstance, host: string, wanted: number): Promise<number> {
  try {
    await app.listen({ host, port: wanted });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE' || code === 'EACCES')
      throw new StudioError('server.port_in_use', { port: wanted }, { cause: error });
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new StudioError('server.host_unusable', { host }, { cause: error });
    throw error;
  }
  const address = app.server.address();
  if (address === null || typeof address === 'string')
    throw new Error('a TCP server has an address with a port');
  return address.port;
}
