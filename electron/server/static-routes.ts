import type { FastifyInstance } from 'fastify';

import type { FileTable } from '../gate/file-table.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';

/** One route an entry of the table; everything else is 404 without a look at the disk. */
export function serveFiles(app: FastifyInstance, table: FileTable): void {
  for (const [address, file] of table) {
    app.get(address, async (request, reply) => {
      const packs = /\bgzip\b/u.test(request.headers['accept-encoding'] ?? '');
      const body = packs ? (file.packed ?? file.plain) : file.plain;
      if (body === file.packed) reply.header('content-encoding', 'gzip');
      await reply
        .header('vary', 'accept-encoding')
        .header('cache-control', file.immutable ? FOR_EVER : 'no-cache')
        .type(file.contentType)
        .send(body);
    });
  }
}
