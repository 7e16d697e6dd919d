import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Dispatcher } from '../../electron/rpc/dispatcher.ts';
import { createTopicHub } from '../../electron/rpc/topic-hub.ts';
import { createServer, type StudioServer } from '../../electron/server/create-server.ts';
import { readFileTable } from '../../electron/gate/file-table.ts';
import { grantRoots } from '../../electron/gate/granted-roots.ts';
import { guardPaths } from '../../electron/gate/path-guard.ts';
import type { Patience } from '../../electron/server/patience.ts';
import { createUploadStore } from '../../electron/server/upload-store.ts';
import { ToyTopics } from './toy-contract.ts';
import { signIn } from './transports.ts';

export type Answer = Readonly<{
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  code: string | undefined;
}>;

export type Ask = Readonly<{
  method?: string;
  headers?: Readonly<Record<string, string>>;
  /** Sent as it is; `cut` ends the connection after it. */
  body?: Buffer;
  cut?: boolean;
}>;

export const MAX_UPLOAD_BYTES = 1000;
export const RESERVE_BYTES = 100;

/** The server over a folder of pages, uploads and one granted folder; the disk has as much room as a test says. */
export class ServerHarness {
  readonly dir = realpathSync(mkdtempSync(path.join(tmpdir(), '服务 server ')));
  readonly uploadsDir = path.join(this.dir, 'uploads');
  readonly granted = path.join(this.dir, 'granted');
  freeBytes = 1_000_000;
  readonly topics = new ToyTopics();
  /** Set before `open`. */
  patience: Patience | undefined;
  server!: StudioServer;
  cookie = '';
  /** Methods that came through to the core. */
  readonly called: string[] = [];

  async open(): Promise<this> {
    const pages = path.join(this.dir, 'pages');
    mkdirSync(path.join(pages, 'assets'), { recursive: true });
    mkdirSync(this.granted);
    writeFileSync(path.join(pages, 'index.html'), '<!doctype html><title>studio</title>');
    writeFileSync(path.join(pages, 'assets', 'index-abc.js'), 'export const page = 1;\n');
    writeFileSync(path.join(pages, 'private.key'), 'secret');
    writeFileSync(path.join(this.dir, 'outside.txt'), 'secret');
    const dispatcher: Dispatcher = {
      call: (method) => {
        this.called.push(method);
        return Promise.resolve({});
      },
    };
    const granted = grantRoots([this.granted]);
    const nowMs = (): number => 1_700_000_000_000;
    this.server = await createServer({
      port: 0,
      nowMs,
      dispatcher: guardPaths(dispatcher, granted),
      hub: createTopicHub(this.topics, nowMs),
      onDefect: (error) => {
        throw error;
      },
      ...(this.patience === undefined ? {} : { patience: this.patience }),
      files: readFileTable(pages),
      granted,
      uploads: createUploadStore({
        dir: this.uploadsDir,
        maxBytes: MAX_UPLOAD_BYTES,
        reserveBytes: RESERVE_BYTES,
        freeBytes: () => Promise.resolve(this.freeBytes),
      }),
    });
    this.cookie = await signIn(this.server.url);
    return this;
  }

  get host(): string {
    return `127.0.0.1:${String(this.server.port)}`;
  }

  /** What our own page sends. */
  get ownHeaders(): Record<string, string> {
    return { host: this.host, origin: `http://${this.host}`, 'x-legal-eagle': '1', cookie: this.cookie };
  }

  /** A request with exactly this path and these headers, which a browser would not let us send. */
  ask(target: string, options: Ask = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        {
          host: '127.0.0.1',
          port: this.server.port,
          path: target,
          method: options.method ?? 'GET',
          headers: options.headers ?? { host: this.host },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => {
            const code = /"code":"([^"]+)"/u.exec(text)?.[1];
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, code });
          });
        },
      );
      sent.on('error', reject);
      if (options.cut === true) {
        sent.write(options.body, () => setTimeout(() => sent.destroy(), 100));
        return;
      }
      sent.end(options.body);
    });
  }

  upload(name: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask(`/api/uploads/${name}`, {
      method: 'PUT',
      headers: {
        ...this.ownHeaders,
        'content-type': 'application/octet-stream',
        'content-length': String(body.length),
        ...headers,
      },
      body,
    });
  }

  async close(): Promise<void> {
    await this.server.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
