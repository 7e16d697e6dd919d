import { edit, seenBy, type Mutation } from './mutation.ts';

const HEADERS = 'electron/gate/security-headers.ts';
const SCHEME = 'electron/main/app-scheme.ts';
const HARDEN = 'electron/main/harden-session.ts';
const WINDOW = 'electron/main/studio-window.ts';
const START = 'electron/main/start-shell.ts';
const MESSAGES = 'electron/main/page-messages.ts';
const FAULT = 'electron/rpc/frame-fault.ts';
const CORE_HOST = 'electron/host/core-host.ts';
const FUSES = 'electron/tools/package-fuses.ts';
const EXTERNAL = 'electron/main/open-external.ts';
const GUARDS = 'renderer/features/terminal/escape-guards.ts';

const security = seenBy('test/desktop/security.test.ts');
const alone = seenBy('test/desktop/hardening.test.ts');
const second = seenBy('test/desktop/second-start.test.ts');
const lint = seenBy('test/unit/tools/shell-syntax.test.ts');
const session = seenBy('test/unit/main/harden-session.test.ts');
const sender = seenBy('test/unit/main/trusted-sender.test.ts');
const external = seenBy('test/unit/main/open-external.test.ts');
const refusal = seenBy('test/unit/main/start-refusal.test.ts');
const sandbox = seenBy('test/unit/main/sandbox-taken.test.ts');
const updates = seenBy('test/unit/main/update-decision.test.ts');
const ports = seenBy('test/unit/main/connect-allowance.test.ts');
const frames = seenBy('test/unit/rpc/frame-fault.test.ts');
const airGap = seenBy('test/integration/jobs/air-gap.test.ts');
const fuses = seenBy('test/unit/tools/package-fuses.test.ts');
const escapes = seenBy('test/unit/renderer/terminal/escape-guards.test.ts');

const POLICY = 'lets nothing in that the policy does not name';
const PREFERENCES = 'gives every page the safe preferences';
const LISTEN = "void import('node:net').then(({ createServer }) => createServer().listen(0, '127.0.0.1'));";

/** What stands between a page of the desktop app and the machine. Seen in the running app where it can be. */
export const DESKTOP_MUTATIONS: readonly Mutation[] = [
  security(
    'policy: own script only',
    POLICY,
    edit(HEADERS, `"script-src 'self'"`, `"script-src 'self' 'unsafe-inline'"`),
  ),
  security('policy: own pictures only', POLICY, edit(HEADERS, `"img-src 'self' data:"`, `'img-src *'`)),
  security('policy: own connections only', POLICY, edit(HEADERS, `"connect-src 'self'"`, `'connect-src *'`)),
  security('policy: no frames', POLICY, edit(HEADERS, `"frame-src 'none'"`, `'frame-src *'`)),
  security('policy: Trusted Types', POLICY, edit(HEADERS, `  "require-trusted-types-for 'script'",\n`)),
  security(
    'the default policy lets no markup pass',
    POLICY,
    edit('renderer/app/trusted-types.ts', `(text.includes('<') ? null : text)`, 'text'),
  ),
  security(
    'the policy on every page of the app',
    POLICY,
    edit(SCHEME, `headers: { ...SECURITY_HEADERS, 'content-type'`, `headers: { 'content-type'`),
  ),
  security(
    'permissions that are asked for',
    'denies every permission',
    edit(HARDEN, 'answer(false)', 'answer(true)'),
  ),
  security(
    'permissions that are checked',
    'denies every permission',
    edit(HARDEN, 'setPermissionCheckHandler(() => false)', 'setPermissionCheckHandler(() => true)'),
  ),
  security(
    'requests that leave the app',
    'loads nothing over the network',
    edit(HARDEN, 'cancel: !OWN_SCHEMES.has(new URL(request.url).protocol)', 'cancel: false'),
  ),
  security(
    'nodeIntegration stays off',
    PREFERENCES,
    edit(WINDOW, 'nodeIntegration: false', 'nodeIntegration: true'),
  ),
  security('no webview tag', PREFERENCES, edit(WINDOW, 'webviewTag: false', 'webviewTag: true')),
  security('the page runs in the sandbox', 'runs the page under the system', [
    edit(WINDOW, 'sandbox: true', 'sandbox: false'),
    edit('electron/main/main.ts', 'app.enableSandbox();'),
  ]),
  security(
    'the bridge offers what it must',
    'shows the page nothing of Node and only the bridge',
    edit(
      'electron/preload/preload.ts',
      `connect: (): void => ipcRenderer.send('studio:connect'),`,
      `connect: (): void => ipcRenderer.send('studio:connect'),\n  send: (channel: string): void => ipcRenderer.send(channel),`,
    ),
  ),
  security(
    'a table of files, no paths',
    'serves the table of pages and nothing beside it',
    edit(
      SCHEME,
      'const file = table.get(pathname);',
      `const file = table.get(pathname) ?? {\n      plain: process.getBuiltinModule?.('node:fs').readFileSync(pagesDir + decodeURIComponent(pathname)) ?? require('node:fs').readFileSync(pagesDir + decodeURIComponent(pathname)),\n      contentType: 'text/plain',\n    };`,
    ),
  ),
  security(
    'its own window alone is listened to',
    'listens to its own window only',
    edit(START, 'this.#window?.webContents.id === id', 'id > 0'),
  ),
  security(
    'the shell opens no port',
    'opens no port',
    edit('electron/main/main.ts', 'registerAppScheme();', `registerAppScheme();\n${LISTEN}\n${LISTEN}`),
  ),
  security(
    'the core opens no port',
    'opens no port',
    edit(CORE_HOST, 'const parentPort =', `${LISTEN}\nconst parentPort =`),
  ),

  alone(
    'will-navigate',
    'row 13, will-navigate',
    edit(HARDEN, `contents.on('will-navigate', (event) => event.preventDefault());`),
  ),
  alone(
    'will-redirect',
    'row 13, will-redirect',
    edit(HARDEN, `contents.on('will-redirect', (event) => event.preventDefault());`),
  ),
  alone(
    'will-frame-navigate',
    'row 13, will-frame-navigate',
    edit(HARDEN, 'if (!isOwnPage(event.url)) event.preventDefault();'),
  ),
  alone(
    'will-attach-webview',
    'row 12',
    edit(HARDEN, `contents.on('will-attach-webview', (event) => event.preventDefault());`),
  ),
  alone('window.open', 'row 14', edit(HARDEN, `action: 'deny'`, `action: 'allow'`)),
  alone('a dropped file is not shown', 'row 13, a drop', [
    edit(WINDOW, 'navigateOnDragDrop: false', 'navigateOnDragDrop: true'),
    edit(HARDEN, `contents.on('will-navigate', (event) => event.preventDefault());`),
    edit(HARDEN, 'if (!isOwnPage(event.url)) event.preventDefault();'),
    edit(HARDEN, 'cancel: !OWN_SCHEMES.has(new URL(request.url).protocol)', 'cancel: false'),
    edit(HARDEN, `action: 'deny'`, `action: 'allow'`),
  ]),
  alone(
    'enableSandbox for every window',
    'row 4, enableSandbox',
    edit('electron/main/main.ts', 'app.enableSandbox();'),
  ),
  alone('pages of our host only', 'row 18', edit(SCHEME, `if (host !== 'studio') return refuse(404);`)),
  alone('pages by GET only', 'row 18', edit(SCHEME, `if (request.method !== 'GET') return refuse(405);`)),
  alone(
    'a window that shows another page is not listened to',
    'row 17, origin',
    edit('electron/main/trusted-sender.ts', 'return origin === APP_ORIGIN;', `return origin !== '';`),
  ),
  alone(
    'grants come from our own page',
    'row 17, studio:grant',
    edit(
      MESSAGES,
      "if (!isTrustedSender(event, isOwn)) refuse('studio:grant', 'a foreign sender');\n    else if (isPath)",
      'if (isPath)',
    ),
  ),
  ports(
    'a page has so many ports and no more',
    'are refused to a page that asks without end',
    edit('electron/main/connect-allowance.ts', 'if (left < 1) return false;'),
  ),
  alone(
    'paths of a page lie in granted folders',
    'path guard',
    edit(CORE_HOST, `role === 'page' ? guardPaths(dispatcher, granted) : dispatcher`, 'dispatcher'),
  ),
  alone('frames of a page are looked at first', 'size cap', [
    edit(
      'electron/rpc/serve-channel.ts',
      'createCheckedChannel(channel, onRefused).onMessage',
      'channel.onMessage',
    ),
    // The tests' stand-in pumps frames through the shell, which looks at them too.
    edit(
      'electron/main/child-core.ts',
      'createCheckedChannel(createMessagePortChannel(port, dataOf))',
      'createMessagePortChannel(port, dataOf)',
    ),
  ]),
  frames(
    'frames have a size',
    'counts text, keys, values and holes',
    edit(
      FAULT,
      "    if (left < 0) return 'core.frame_too_large';\n  }\n  return undefined;",
      '  }\n  return undefined;',
    ),
  ),
  frames(
    'frames have a depth',
    'refuses nesting that recursive code would fall over',
    edit(FAULT, 'depth > DEEPEST || '),
  ),
  alone(
    'openExternal asks the person',
    'row 15',
    edit('electron/main/host-service.ts', 'if (response !== 0) return { opened: false };'),
  ),

  second(
    'a second start brings the first forward',
    'with addresses',
    edit(
      START,
      `{ arguments: commandArguments.length });\n      this.#show();`,
      '{ arguments: commandArguments.length });',
    ),
  ),
  second(
    'one instance of a data folder',
    'with nothing',
    edit(
      'electron/main/main.ts',
      'else if (app.requestSingleInstanceLock()) startShell',
      'else if (app.requestSingleInstanceLock() || true) startShell',
    ),
  ),
  second(
    'a start without a display goes no further',
    'a display that is gone',
    edit('electron/main/main.ts', `process.platform !== 'linux' || hasDisplay(process.env)`, 'true'),
  ),
  refusal(
    'a command line has a size',
    'with one long argument',
    edit('electron/main/start-refusal.ts', 'if (bytes > MOST_ARGUMENT_BYTES)', 'if (bytes < 0)'),
  ),

  lint(
    'contextIsolation stays on',
    'finds nothing in the shell as it is',
    edit(WINDOW, 'contextIsolation: true', 'contextIsolation: false'),
  ),
  lint(
    'no web security off, no raw ipcRenderer: the linter',
    'open({ webSecurity: false });',
    edit('eslint.config.js', `['electron/main/**/*.ts', SHELL_SYNTAX],`),
  ),
  session(
    'devices',
    'gives no page a',
    edit(HARDEN, 'setDevicePermissionHandler(() => false)', 'setDevicePermissionHandler(() => true)'),
  ),
  sender(
    'the top frame alone is listened to',
    'not a frame inside the page',
    edit('electron/main/trusted-sender.ts', 'if (frame !== event.sender.mainFrame) return false;'),
  ),
  external(
    'openExternal: hosts of the list',
    'are none of a corpus of hostile ones',
    edit(EXTERNAL, 'NAMED_HOSTS.has(url.hostname)', `url.hostname !== ''`),
  ),
  external(
    'openExternal: https',
    'are none of a corpus of hostile ones',
    edit(EXTERNAL, `url.protocol === 'https:'`, `url.protocol !== ''`),
  ),
  external(
    'openExternal: no user name, no port',
    'are none of a corpus of hostile ones',
    edit(EXTERNAL, `url.username === '' && url.password === '' && url.port === ''`, 'true'),
  ),
  sandbox(
    'an AppImage whose sandbox was taken away',
    'an AppImage with the switch',
    edit(
      'electron/main/sandbox-taken.ts',
      `environment['APPIMAGE'] !== undefined && commandArguments`,
      `environment['APPIMAGE'] === '' && commandArguments`,
    ),
  ),
  updates(
    'air gap: no look for updates',
    'asks nobody in air-gapped mode',
    edit('electron/main/update-decision.ts', `if (facts.airGap) return { kind: 'off', reason: 'air gap' };`),
  ),
  airGap(
    'air gap: jobs reach no other machine',
    'lets nothing of a service job reach another machine',
    edit('electron/core/jobs/runner-launch.ts', '...(options.airGap ? AIR_GAP_VARIABLES : {}),'),
  ),
  fuses(
    'fuse: not a plain Node',
    'stand as the security page says',
    edit(FUSES, 'RunAsNode: false', 'RunAsNode: true'),
  ),
  fuses(
    'fuse: no NODE_OPTIONS',
    'stand as the security page says',
    edit(FUSES, 'EnableNodeOptionsEnvironmentVariable: false', 'EnableNodeOptionsEnvironmentVariable: true'),
  ),
  fuses(
    'fuse: the archive only',
    'stand as the security page says',
    edit(FUSES, 'OnlyLoadAppFromAsar: true', 'OnlyLoadAppFromAsar: false'),
  ),
  fuses(
    'fuse: no inspector in a release',
    'differ by the door for its driver alone',
    edit(FUSES, 'EnableNodeCliInspectArguments: options.inspectable', 'EnableNodeCliInspectArguments: true'),
  ),
  fuses(
    'a fuse that nobody decided about ends the build',
    'has one that nobody decided about',
    edit(FUSES, 'strictlyRequireAllFuses: true', 'strictlyRequireAllFuses: false'),
  ),
  fuses(
    'fuses are read back',
    'fail the build where the pinned Electron lacks one',
    edit(FUSES, `if (require === 'all' && missing.length > 0)`, 'if (missing.length > FUSES.length)'),
  ),
  escapes('OSC 52: the clipboard', 'OSC 52', edit(GUARDS, '19, 50, 52, 99,', '19, 50, 99,')),
  escapes('OSC 0 and 2: titles', 'OSC 2 ', edit(GUARDS, '0, 1, 2, 4, 5,', '4, 5,')),
  escapes(
    'questions are answered once',
    'is not answered from here',
    edit(GUARDS, 'for (const question of QUESTIONS) parser.registerCsiHandler(question, swallow);'),
  ),
];
