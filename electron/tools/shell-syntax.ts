/**
 * What no line of the shell may say (the rows of Electron's security checklist that are settled by the source alone).
 * For eslint's `no-restricted-syntax`, over electron/main and electron/preload.
 */
export type RestrictedSyntax = Readonly<{ selector: string; message: string }>;

/** A property of an object, quoted or not, whose value is anything but this literal: a variable may hold the other. */
const propertyOtherThan = (name: string, safe: boolean): RestrictedSyntax => ({
  selector: `:matches(Property[key.name='${name}'], Property[key.value='${name}']):not([value.value=${String(safe)}])`,
  message: `${name} is ${String(safe)} for every page of the studio.`,
});

const neverProperty = (name: string): RestrictedSyntax => ({
  selector: `:matches(Property[key.name='${name}'], Property[key.value='${name}'])`,
  message: `No page of the studio gets ${name}.`,
});

const SAFE_PREFERENCES: Readonly<Record<string, boolean>> = {
  webSecurity: true,
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInSubFrames: false,
  nodeIntegrationInWorker: false,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  plugins: false,
  navigateOnDragDrop: false,
};

/** Switches that take a protection of Chromium away, or open a door into the app. */
const SWITCHES = [
  'no-sandbox',
  'disable-setuid-sandbox',
  'disable-gpu-sandbox',
  'disable-seccomp-filter-sandbox',
  'disable-namespace-sandbox',
  'no-zygote-sandbox',
  'disable-web-security',
  'disable-site-isolation-trials',
  'allow-running-insecure-content',
  'allow-file-access-from-files',
  'ignore-certificate-errors',
  'unsafely-treat-insecure-origin-as-secure',
  'remote-debugging-port',
  'remote-debugging-pipe',
  'inspect',
  'inspect-brk',
  'js-flags',
].join('|');

const EVERYWHERE: readonly RestrictedSyntax[] = [
  ...Object.entries(SAFE_PREFERENCES).map(([name, safe]) => propertyOtherThan(name, safe)),
  neverProperty('enableBlinkFeatures'),
  neverProperty('additionalArguments'),
  {
    selector: "CallExpression[callee.property.name='loadURL']:not([arguments.0.name='APP_PAGE'])",
    message: 'A window shows the studio’s own page: APP_PAGE.',
  },
  {
    selector: "CallExpression[callee.property.name='loadFile']",
    message: 'Pages come from the app’s own scheme, never from files.',
  },
  {
    selector: "CallExpression[callee.property.name='executeJavaScript']",
    message: 'The shell speaks to its page in messages; it runs no text in it.',
  },
  {
    selector: `CallExpression[callee.property.name=/^append(Switch|Argument)$/][arguments.0.value=/^(--)?(${SWITCHES})/]`,
    message: 'This switch takes a protection away.',
  },
  {
    selector:
      "CallExpression[callee.property.name=/^append(Switch|Argument)$/]:not([arguments.0.type='Literal'])",
    message: 'Name the switch where it is set.',
  },
  {
    selector: "MemberExpression[property.name='setCertificateVerifyProc']",
    message: 'Certificates are checked by Chromium alone.',
  },
  {
    selector: "Literal[value='certificate-error']",
    message: 'Certificates are checked by Chromium alone.',
  },
  {
    selector: "Identifier[name='BrowserView'], Identifier[name='WebContentsView']",
    message: 'The studio has one window, made by studio-window.ts.',
  },
];

const NEW_WINDOW: RestrictedSyntax = {
  selector: "NewExpression[callee.name='BrowserWindow'], NewExpression[callee.property.name='BrowserWindow']",
  message: 'Windows are made by studio-window.ts alone.',
};

const OPEN_EXTERNAL: RestrictedSyntax = {
  selector:
    "MemberExpression[property.name='openExternal'], ObjectPattern > Property[key.name='openExternal']",
  message: 'Addresses leave through host-service.ts alone, which asks the list and the person.',
};

/** For every file of the shell but those that `SHELL_EXCEPTIONS` names. */
export const SHELL_SYNTAX: readonly RestrictedSyntax[] = [...EVERYWHERE, NEW_WINDOW, OPEN_EXTERNAL];

/** The one file each that may do what the others may not, under its own rule. */
export const SHELL_EXCEPTIONS: Readonly<Record<string, readonly RestrictedSyntax[]>> = {
  'electron/main/studio-window.ts': [...EVERYWHERE, OPEN_EXTERNAL],
  'electron/main/host-service.ts': [
    ...EVERYWHERE,
    NEW_WINDOW,
    {
      selector: "CallExpression[callee.property.name='openExternal']:not([arguments.0.name='address'])",
      message: 'Only what allowedAddress gave back is opened.',
    },
  ],
};

/** The preload script: what crosses into the page is made here, never handed through. */
export const PRELOAD_SYNTAX: readonly RestrictedSyntax[] = [
  ...SHELL_SYNTAX,
  {
    selector: ":not(MemberExpression, ImportSpecifier) > Identifier[name='ipcRenderer']",
    message: 'ipcRenderer itself stays here: a page that had it could send on every channel.',
  },
  {
    selector: "MemberExpression[object.name='ipcRenderer']:not(.callee)",
    message: 'A method of ipcRenderer stays here: a page that had it could send on every channel.',
  },
  {
    selector: "CallExpression[callee.object.name='ipcRenderer']:not([arguments.0.type='Literal'])",
    message: 'Name the channel where it is used: a page may not choose it.',
  },
];
