import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';

import { StudioError } from '../shared/contract/studio-error.ts';
import type { BodyDeadline } from './body-deadline.ts';
import type { UploadStore } from './upload-store.ts';

const CONTENT_TYPE = 'application/octet-stream';

/**
 * `PUT /api/uploads/<name>`: the file as the body, its length in the header; answers `{path, bytes}`. A sender that
 * says nothing for `silenceMs` is asleep or gone.
 */
export function acceptUploads(
  app: FastifyInstance,
  store: UploadStore,
  admit: (request: FastifyRequest) => Promise<void>,
  limits: Readonly<{ deadline: BodyDeadline; silenceMs: number }>,
): void {
  const { deadline, silenceMs } = limits;
  app.addContentTypeParser(CONTENT_TYPE, (_request, payload, done) => done(null, payload));
  app.put<{ Params: { name: string } }>('/api/uploads/:name', {
    // Before the body: nothing of a stranger's file is read.
    onRequest: admit,
    handler: async (request, reply) => {
      const length = request.headers['content-length'];
      if (request.headers['content-type'] !== CONTENT_TYPE) throw new StudioError('server.request_refused');
      if (length === undefined || !/^\d{1,15}$/u.test(length)) throw new StudioError('server.upload_length');
      const { socket } = request.raw;
      const giveUp = (): unknown => socket.destroy();
      deadline.release(request.raw);
      socket.setTimeout(silenceMs, giveUp);
      try {
        return await store.take(request.params.name, Number(length), request.body as Readable);
      } catch (error) {
        // What is still on its way is not waited for.
        reply.header('connection', 'close');
        throw error;
      } finally {
        // The listener goes with it: the connection carries further uploads.
        socket.setTimeout(0, giveUp);
      }
    },
  });
}
