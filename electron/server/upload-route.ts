import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';

import { StudioError } from '../shared/contract/studio-error.ts';
import type { UploadStore } from './upload-store.ts';

const CONTENT_TYPE = 'application/octet-stream';
/** A sender that says nothing for so long is asleep or gone. */
const SILENCE_MS = 120_000;

/** `PUT /api/uploads/<name>`: the file as the body, its length in the header; answers `{path, bytes}`. */
export function acceptUploads(
  app: FastifyInstance,
  store: UploadStore,
  admit: (request: FastifyRequest) => Promise<void>,
): void {
  app.addContentTypeParser(CONTENT_TYPE, (_request, payload, done) => done(null, payload));
  app.put<{ Params: { name: string } }>('/api/uploads/:name', {
    // Before the body: nothing of a stranger's file is read.
    onRequest: admit,
    handler: async (request, reply) => {
      const length = request.headers['content-length'];
      if (request.headers['content-type'] !== CONTENT_TYPE) throw new StudioError('server.request_refused');
      if (length === undefined || !/^\d{1,15}$/u.test(length)) throw new StudioError('server.upload_length');
      const { socket } = request.raw;
      socket.setTimeout(SILENCE_MS, () => socket.destroy());
      try {
        return await store.take(request.params.name, Number(length), request.body as Readable);
      } catch (error) {
        // What is still on its way is not waited for.
        reply.header('connection', 'close');
        throw error;
      } finally {
        socket.setTimeout(0);
      }
    },
  });
}
