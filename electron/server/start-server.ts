import type { ServeOptions } from '../rpc/serve-channel.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import { createServer, type StudioServer } from './create-server.ts';
import { readFileTable } from '../gate/file-table.ts';
import { grantRoots } from '../gate/granted-roots.ts';
import { fixGrants } from './fixed-grants.ts';
import type { Certificate } from './listen-address.ts';
import { guardPaths } from '../gate/path-guard.ts';
import { followStoredGrants } from '../gate/stored-grants.ts';
import type { TopicSource } from '../shared/contract/topic-source.ts';
import { createUploadStore } from './upload-store.ts';

export type { Certificate, StudioServer };

/** Checkpoints and merged weights must still find room after an upload. */
const RESERVE_BYTES = 2_000_000_000;

export type StartOptions = ServeOptions &
  Readonly<{
    host?: string;
    port: number;
    certificate?: Certificate;
    nowMs: () => number;
    /** The built renderer. */
    pagesDir: string;
    uploadsDir: string;
    maxUploadBytes: number;
    grantedFolders: readonly string[];
    /** Where the core says what the settings grant besides. */
    events: TopicSource;
  }>;

/** The headless studio: the pages, the frames, uploads, and the granted folders. Throws `server.*`. */
export async function startServer(options: StartOptions): Promise<StudioServer> {
  const { host, certificate } = options;
  const uploads = createUploadStore({
    dir: options.uploadsDir,
    maxBytes: options.maxUploadBytes,
    reserveBytes: RESERVE_BYTES,
  });
  const granted = grantRoots(options.grantedFolders);
  const following = followStoredGrants(options.events, granted);
  try {
    const server = await createServer({
      ...(host === undefined ? {} : { host }),
      ...(certificate === undefined ? {} : { certificate }),
      port: options.port,
      nowMs: options.nowMs,
      dispatcher: fixGrants(guardPaths(options.dispatcher, granted)),
      hub: options.hub,
      onDefect: options.onDefect,
      onRefused: options.onRefused,
      files: readFileTable(options.pagesDir),
      uploads,
      granted,
    });
    return {
      ...server,
      close: async () => {
        following.dispose();
        await server.close();
      },
    };
  } catch (error) {
    following.dispose();
    // OpenSSL's own words for a certificate it cannot take.
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (certificate !== undefined && code.startsWith('ERR_OSSL'))
      throw new StudioError('server.certificate_unreadable', {}, { cause: error, detail: String(error) });
    throw error;
  }
}
