import { edit, seenBy, type Mutation } from './mutation.ts';

const HEADERS = 'electron/gate/security-headers.ts';
const ROOTS = 'electron/gate/granted-roots.ts';
const PATHS = 'electron/gate/path-guard.ts';
const REQUESTS = 'electron/server/request-guard.ts';
const SESSIONS = 'electron/server/session-gate.ts';
const SERVER = 'electron/server/create-server.ts';
const UPLOADS = 'electron/server/upload-store.ts';
const UPLOAD_ROUTE = 'electron/server/upload-route.ts';
const NAMES = 'electron/server/upload-name.ts';
const SOCKETS = 'electron/server/socket-door.ts';

const guard = seenBy('test/contract/server-guard.test.ts');
const pages = seenBy('test/contract/server-pages.test.ts');
const paths = seenBy('test/contract/server-paths.test.ts');
const roots = seenBy('test/unit/gate/granted-roots.test.ts');
const uploads = seenBy('test/contract/server-uploads.test.ts');
const limits = seenBy('test/contract/server-limits.test.ts');
const settings = seenBy('test/integration/core/settings.test.ts');
const browser = seenBy('test/e2e/browser/security.test.ts');
const escapes = seenBy('test/e2e/browser/terminal-escapes.test.ts');
const terminal = seenBy('test/e2e/browser/terminal.test.ts');

const HOLDS = 'the policy holds against what got into the page itself';

/** What stands between a browser, or another program of the network, and the machine that serves. */
export const SERVER_MUTATIONS: readonly Mutation[] = [
  guard('foreign Host', 'refuses "evil.example"', edit(REQUESTS, ' || !hosts.has(headers.host)')),
  guard(
    'foreign Origin',
    'refuses "null"',
    edit(
      REQUESTS,
      `if (headers.origin !== undefined && !origins.has(headers.origin)) return 'server.origin_refused';`,
    ),
  ),
  guard(
    'the guard stands before every route',
    'is closed to a foreign Host and a foreign Origin',
    edit(
      SERVER,
      'const refusal = refusalOf(request.headers);',
      `const refusal = request.method === 'GET' ? undefined : refusalOf(request.headers);`,
    ),
  ),
  guard('a token works once', 'takes the token once', edit(SESSIONS, '      expected = undefined;\n')),
  guard(
    'guessing pauses',
    'pauses after ten wrong tokens',
    edit(SESSIONS, 'pausedUntilMs = nowMs() + PAUSE_MS;', 'pausedUntilMs = 0;'),
  ),
  guard('cookie: HttpOnly', 'gives a session cookie', edit(SESSIONS, 'Path=/; HttpOnly;', 'Path=/;')),
  guard('cookie: SameSite', 'gives a session cookie', edit(SESSIONS, 'SameSite=Strict', 'SameSite=Lax')),
  guard(
    'doors ask for a session',
    'asks for a session and for our own header',
    edit(SERVER, `Promise.reject(new StudioError('server.session_missing'))`, 'Promise.resolve()'),
  ),
  guard(
    'doors ask for our own header',
    'asks for a session and for our own header',
    edit(
      SERVER,
      `return Promise.reject(new StudioError('server.request_refused'));`,
      'return Promise.resolve();',
    ),
  ),
  guard(
    'sign-in asks for our own header',
    'refuses what a form of another site can send',
    edit(
      SERVER,
      `if (request.headers[REQUEST_HEADER] === undefined) throw new StudioError('server.request_refused');`,
    ),
  ),
  guard(
    'WebSocket: a session',
    'opens with a session and for our own page only',
    edit(
      SERVER,
      `return gate.admits(request.headers.cookie) ? undefined : 'server.session_missing';`,
      'return undefined;',
    ),
  ),
  guard(
    'WebSocket: Host and Origin',
    'opens with a session and for our own page only',
    edit(SERVER, 'if (refusal !== undefined) return refusal;'),
  ),

  pages('policy: cannot be framed', 'come with the policy', edit(HEADERS, `  "frame-ancestors 'none'",\n`)),
  pages(
    'types are not guessed',
    'come with the policy',
    edit(HEADERS, `  'x-content-type-options': 'nosniff',\n`),
  ),
  pages('cookie: Secure under TLS', 'TLS serves with a cookie', edit(SESSIONS, `'; Secure'`, `''`)),
  pages(
    'beyond the loopback: a certificate',
    '0.0.0.0 asks for a certificate',
    edit(
      'electron/server/listen-address.ts',
      'if (loopback === undefined && certificate === undefined)',
      `if (wanted === '')`,
    ),
  ),
  pages(
    'files of known kinds only',
    'are those of the table',
    edit(
      'electron/gate/file-table.ts',
      `const type = TYPES[kind];`,
      `const type = TYPES[kind] ?? 'text/plain';`,
    ),
  ),

  paths(
    'granted folders',
    'cannot be left by another absolute path',
    edit(
      ROOTS,
      'for (const place of [real, physical]) if (!roots.some((root) => isBelow(root, place))) throw refused;',
    ),
  ),
  paths('links out of a granted folder', 'cannot be left by a link', [
    edit(ROOTS, 'real = realPath(path.normalize(offered));', 'real = path.normalize(offered);'),
    edit(ROOTS, "physical = path.sep === '/' ? realPath(physicalPath(offered)) : real;", 'physical = real;'),
  ]),
  roots(
    'a link to what does not exist yet',
    'is not left by a link to what does not exist yet',
    edit(ROOTS, '    if (lstatSync(wanted, { throwIfNoEntry: false }) !== undefined) throw error;\n'),
  ),
  roots(
    'a way up behind a link',
    'is not left by',
    edit(ROOTS, "physical = path.sep === '/' ? realPath(physicalPath(offered)) : real;", 'physical = real;'),
  ),
  paths(
    'a beginning in common is no folder',
    'cannot be left by a beginning in common',
    edit(
      ROOTS,
      'return !leadsUp && !path.isAbsolute(relative);',
      'return wanted.startsWith(root) || (leadsUp && relative === root);',
    ),
  ),
  paths(
    'paths in every method',
    'datasets.import: sources[] is refused',
    edit(PATHS, `'sources'`, `'source'`),
  ),
  paths(
    'paths in a recipe',
    'runs.start: recipe.model is refused',
    edit(PATHS, `['model', 'dataset', `, `['dataset', `),
  ),

  uploads(
    'uploads ask for a session',
    'is refused from strangers and other sites',
    edit(UPLOAD_ROUTE, 'onRequest: admit,'),
  ),
  uploads(
    'uploads ask for their type',
    'is refused from strangers and other sites',
    edit(
      UPLOAD_ROUTE,
      `if (request.headers['content-type'] !== CONTENT_TYPE) throw new StudioError('server.request_refused');`,
    ),
  ),
  uploads(
    'uploads say their length',
    'without its length',
    edit(
      UPLOAD_ROUTE,
      `if (length === undefined || !/^\\d{1,15}$/u.test(length)) throw new StudioError('server.upload_length');`,
    ),
  ),
  uploads(
    'uploads have a size',
    'larger than the limit',
    edit(UPLOADS, 'if (bytes > maxBytes)', 'if (bytes < 0)'),
  ),
  uploads(
    'uploads leave room on the disk',
    'larger than the limit',
    edit(UPLOADS, 'if (bytes > room)', 'if (bytes < 0)'),
  ),
  uploads('names are no paths', 'is refused under the name', edit(NAMES, '!FORBIDDEN.test(name) &&')),
  uploads('names are no devices', 'is refused under the name', edit(NAMES, '!DEVICE.test(name) &&')),
  uploads(
    'a browser looks into granted folders only',
    'a browser sees the granted folders',
    edit(
      'electron/server/folder-listing.ts',
      'const folder = granted.resolve(wanted);',
      'const folder = wanted;',
    ),
  ),

  limits(
    'a head that never ends',
    'its request is given up',
    edit(SERVER, 'headersTimeout: requestMs', 'headersTimeout: 200_000'),
    'time limit',
  ),
  limits(
    'a body that drips',
    'its body is given up',
    edit('electron/server/body-deadline.ts', 'if (!request.complete) request.socket.destroy();'),
    'time limit',
  ),
  limits(
    'an upload that falls silent',
    'an upload that falls silent ends',
    edit(UPLOAD_ROUTE, 'socket.setTimeout(silenceMs, giveUp);'),
    'time limit',
  ),
  limits(
    'bodies have a size',
    'a body that is no upload and larger than a form',
    edit(SERVER, 'bodyLimit: LARGEST_BODY_BYTES', 'bodyLimit: 1_000_000_000'),
  ),
  limits(
    'frames have a size',
    'a frame above the limit ends its own connection',
    edit(SOCKETS, 'maxPayload: MAX_FRAME_BYTES', 'maxPayload: 0'),
    'time limit',
  ),
  limits(
    'half-open connections end',
    'is let go, and resumes',
    edit(SOCKETS, 'if (waiting.has(socket)) socket.terminate();', 'if (waiting.has(socket)) socket.ping();'),
    'time limit',
  ),

  browser('policy: nothing by default', HOLDS, edit(HEADERS, `"default-src 'none'"`, `'default-src *'`)),
  browser('policy: no other base', HOLDS, edit(HEADERS, `  "base-uri 'none'",\n`)),
  pages('policy: no forms', 'come with the policy', edit(HEADERS, `  "form-action 'none'",\n`)),
  browser(
    'policy: one policy of types',
    HOLDS,
    edit(HEADERS, `'trusted-types default'`, `'trusted-types *'`),
  ),
  browser(
    'no hand on the window from its opener',
    'cannot be framed, nor reached',
    edit(HEADERS, `  'cross-origin-opener-policy': 'same-origin',\n`),
  ),
  browser(
    'no other program embeds our files',
    'a page of another program on 127.0.0.1',
    edit(HEADERS, `  'cross-origin-resource-policy': 'same-origin',\n`),
  ),
  escapes(
    'OSC 8: links ask',
    'a click on a link asks',
    edit(
      'renderer/features/terminal/emulator.ts',
      'linkHandler: { activate, allowNonHttpProtocols: false },',
    ),
    'time limit',
  ),
  terminal(
    'no terminal unless allowed',
    'answers every method of the terminal with a code',
    edit(
      'electron/core/terminal/terminal-service.ts',
      'get #isAllowed(): boolean {',
      'get #isAllowed(): boolean {\n    if (this.#sessions !== undefined) return true;',
    ),
  ),
  settings(
    'a page of the network opens no further folder',
    'let no page over the network open further folders',
    edit(
      'electron/server/fixed-grants.ts',
      '      isWidening(method, params)\n',
      "      method === '' && isWidening(method, params)\n",
    ),
  ),
  settings(
    'a folder that is taken back is closed',
    'close it at once when it is taken back',
    edit(ROOTS, 'stored = wanted.filter((root) => isStillItself(root));', 'stored = [...stored, ...wanted];'),
  ),
];
