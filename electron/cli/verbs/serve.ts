import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import { createCore } from '../../core/create-core.ts';
import type { CorePorts } from '../../core/ports.ts';
import { createDispatcher } from '../../rpc/dispatcher.ts';
import { createTopicHub } from '../../rpc/topic-hub.ts';
import { startServer, type Certificate, type StudioServer } from '../../server/start-server.ts';
import { STUDIO_CONTRACT } from '../../shared/contract/index.ts';
import { describeError } from '../../shared/contract/errors/index.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { Arguments } from '../options.ts';
import type { Verb, VerbContext } from '../verb.ts';

const DEFAULT_PORT = 4178;
const DEFAULT_MAX_UPLOAD_GB = 64;
const ROOT = path.resolve(import.meta.dirname, '../../..');
const PAGES = path.join(ROOT, 'dist', 'renderer');
const BUILDER = path.join(ROOT, 'electron', 'tools', 'build-renderer.ts');

/** Builds the pages where their sources are here and newer; an installed studio carries them built. */
const buildPages = async (): Promise<void> => {
  if (!existsSync(path.join(ROOT, 'renderer', 'index.html')) || !existsSync(BUILDER)) return;
  const child = spawn(process.execPath, [BUILDER, '--if-stale'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new StudioError('server.renderer_missing', {}, { detail: said.slice(-4000) });
};

const readCertificate = (args: Arguments): Certificate | undefined => {
  const cert = args.text('cert');
  const key = args.text('key');
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw args.invalid('--cert and --key belong together');
  try {
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } catch (error) {
    throw new StudioError('server.certificate_unreadable', {}, { cause: error, detail: String(error) });
  }
};

const readPort = (args: Arguments): number | undefined => {
  const port = args.number('port');
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65_535))
    throw args.invalid('--port: 0 to 65535');
  return port;
};

/** Resolves when the person, or the system, asks the server to end. */
const untilEnd = (context: VerbContext): Promise<void> =>
  new Promise((resolve) => {
    const off = context.onInterrupt(() => {
      off();
      resolve();
    });
    process.once('SIGTERM', () => resolve());
  });

/** Each line on standard input asks for the address for one more browser. */
const offerLinks = (context: VerbContext, server: StudioServer): void => {
  process.stdin.setEncoding('utf8').on('data', () => announce(context, server.renewUrl()));
  process.stdin.on('error', () => undefined);
  // A file or /dev/null as standard input has no such method.
  (process.stdin as { unref?: () => void }).unref?.();
};

/** Whoever signs in may then run programs as the person who serves; without the flag nobody can. */
const withTerminal = (ports: CorePorts): CorePorts => {
  const { hostUi } = ports;
  const capabilities = { ...hostUi.capabilities, terminal: { available: true } };
  return { ...ports, hostUi: { ...hostUi, capabilities } };
};

/** A token that was handed over and is not used: better heard now than when an export fails. */
const sayRefusedTokens = ({ terminal, session }: VerbContext): void => {
  for (const { problem } of session.ports.core.handedTokens) {
    if (problem === undefined) continue;
    const { message, cause, action } = describeError(problem, terminal.language);
    terminal.warn(`${message}\n${cause}\n→ ${action}`);
  }
};

const announce = ({ terminal }: VerbContext, url: string): void => {
  if (terminal.json) terminal.emit({ url });
  else terminal.say(url);
};

const run = async (context: VerbContext): Promise<{ value: unknown }> => {
  const { args, terminal, session } = context;
  const certificate = readCertificate(args);
  const port = readPort(args);
  const maxUploadGb = args.number('max-upload-gb') ?? DEFAULT_MAX_UPLOAD_GB;
  const host = args.text('host');
  const { ports } = session;
  sayRefusedTokens(context);
  await buildPages();
  const facePorts = args.flag('allow-terminal') ? withTerminal(ports.core) : ports.core;
  const core = await createCore(facePorts, { mode: 'write', startsQueue: true });
  try {
    const start = (wanted: number): Promise<StudioServer> =>
      startServer({
        ...(host === undefined ? {} : { host }),
        ...(certificate === undefined ? {} : { certificate }),
        port: wanted,
        nowMs: core.nowMs,
        dispatcher: createDispatcher(STUDIO_CONTRACT, core.handlers),
        hub: createTopicHub(core.events, core.nowMs),
        events: core.events,
        onDefect: core.onDefect,
        onRefused: core.onRefused,
        pagesDir: PAGES,
        uploadsDir: path.join(ports.home, 'uploads'),
        maxUploadBytes: maxUploadGb * 1e9,
        grantedFolders: [homedir(), ports.home, ports.resourcesDir, ...args.list('grant')],
      });
    const server = await start(port ?? DEFAULT_PORT).catch((error: unknown) => {
      // Nobody asked for the usual port, so any other will do.
      const taken = error instanceof StudioError && error.code === 'server.port_in_use';
      if (port === undefined && taken) return start(0);
      throw error;
    });
    if (host !== undefined) {
      terminal.warn(
        terminal.words({
          en: `Safer: leave --host out and tunnel: ssh -L ${String(server.port)}:127.0.0.1:${String(server.port)} user@rig`,
          zh: `更安全的做法：省略 --host，使用隧道：ssh -L ${String(server.port)}:127.0.0.1:${String(server.port)} 用户@主机`,
        }),
      );
    }
    terminal.warn(
      terminal.words({
        en: 'Open this address (it works once). Enter: an address for one more browser. Ctrl-C: end; training goes on.',
        zh: '请在浏览器中打开以下地址（仅可使用一次）。按 Enter 可再生成一个地址；按 Ctrl-C 结束服务，训练不受影响。',
      }),
    );
    announce(context, server.url);
    offerLinks(context, server);
    await untilEnd(context);
    await server.close();
    return { value: { ended: true } };
  } finally {
    await core.dispose();
  }
};

export const serve: Verb = {
  name: 'serve',
  summary: {
    en: 'serve the studio to a browser, on this machine or through a tunnel',
    zh: '在浏览器中使用程序（本机或经隧道）',
  },
  usage: '[--port N] [--grant DIR]… [--allow-terminal] [--host ADDRESS --cert FILE --key FILE]',
  options: {
    port: {
      kind: 'number',
      value: 'N',
      help: { en: 'port (default 4178, or any free one)', zh: '端口（默认 4178，被占用时任选）' },
    },
    host: {
      kind: 'text',
      value: 'ADDRESS',
      help: {
        en: 'address to listen on (default 127.0.0.1); any other needs --cert and --key',
        zh: '监听地址（默认 127.0.0.1）；其他地址需要 --cert 与 --key',
      },
    },
    cert: {
      kind: 'text',
      value: 'FILE',
      help: { en: 'certificate chain (PEM)', zh: '证书链（PEM）' },
    },
    key: { kind: 'text', value: 'FILE', help: { en: 'private key (PEM)', zh: '私钥（PEM）' } },
    grant: {
      kind: 'list',
      value: 'DIR',
      help: {
        en: 'one more folder the browser may choose files from (your home folder always is)',
        zh: '允许浏览器选择文件的其他目录（用户主目录始终允许）',
      },
    },
    'allow-terminal': {
      kind: 'flag',
      help: {
        en: 'let the browser open terminals: whoever signs in runs programs as you',
        zh: '允许浏览器打开终端：登录者能以您的身份运行程序',
      },
    },
    'max-upload-gb': {
      kind: 'number',
      value: 'N',
      help: { en: 'largest upload in GB (default 64)', zh: '单个上传文件上限，单位 GB（默认 64）' },
    },
  },
  run,
};
