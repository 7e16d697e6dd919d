/** Who may import whom: house rules as a gate. Each rule names the layer and what it must not reach. */
const NODE_BUILTIN = { dependencyTypes: ['core'] };

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'shared-is-pure',
      comment: 'electron/shared: shared and zod only; no node, no DOM, no electron, no react',
      severity: 'error',
      from: { path: '^electron/shared/' },
      to: { pathNot: ['^electron/shared/', '^node_modules/zod/'] },
    },
    {
      name: 'shared-without-node',
      severity: 'error',
      from: { path: '^electron/shared/' },
      to: NODE_BUILTIN,
    },
    {
      name: 'core-imports-core-and-shared',
      comment: 'electron/core: shared, core, node and its own packages',
      severity: 'error',
      from: { path: '^electron/core/' },
      to: {
        path: '^(electron|renderer|test|node_modules)/',
        pathNot: [
          '^electron/(core|shared)/',
          '^node_modules/(better-sqlite3|@types/better-sqlite3|@huggingface/tokenizers|pino|ulid|zod|node-pty|@lydell|@xterm|@types/node)/',
        ],
      },
    },
    {
      name: 'core-domains-are-siblings',
      comment: 'Sibling domains meet only in create-core or through ports',
      severity: 'error',
      from: {
        path: '^electron/core/(jobs|runs|datasets|models|merge|export|chat|runtime|metrics|settings|gpu|preflight|queue|storage|secrets|release|accounts)/',
      },
      to: {
        path: '^electron/core/(jobs|runs|datasets|models|merge|export|chat|runtime|metrics|settings|gpu|preflight|queue|storage|secrets|release|accounts)/',
        pathNot: ['^electron/core/$1/', '^electron/core/jobs/'],
      },
    },
    {
      name: 'jobs-know-no-domain',
      comment: 'core/jobs is generic: it knows no training, data or chat',
      severity: 'error',
      from: { path: '^electron/core/jobs/' },
      to: {
        path: '^electron/core/(runs|datasets|models|merge|export|chat|runtime|metrics|settings|secrets|release|accounts)/',
      },
    },
    {
      name: 'rpc-imports-shared',
      severity: 'error',
      from: { path: '^electron/rpc/' },
      to: { path: '^(electron|renderer|test)/', pathNot: ['^electron/(rpc|shared)/'] },
    },
    {
      name: 'faces-import-the-composition-root',
      comment:
        'electron/server, cli, host: shared, rpc, gate, core/{create-core,node-ports,ports}; never each other',
      severity: 'error',
      from: { path: '^electron/(server|cli|host)/' },
      to: {
        path: '^(electron|renderer|test)/',
        pathNot: [
          '^electron/$1/',
          '^electron/(shared|rpc|gate)/',
          '^electron/core/(create-core|node-ports|ports)[.]ts$',
          // `serve` is a verb of the command line; this is its only door to the server.
          '^electron/server/start-server[.]ts$',
        ],
      },
    },
    {
      name: 'shell-knows-no-core',
      comment: 'electron/main: shared, rpc, gate and electron; the core is another process',
      severity: 'error',
      from: { path: '^electron/main/' },
      to: {
        path: '^(electron|renderer|test|node_modules)/',
        pathNot: [
          '^electron/(main|shared|rpc|gate)/',
          '^node_modules/(electron|electron-updater|zod|@types/node)/',
        ],
      },
    },
    {
      name: 'gate-imports-shared',
      comment: 'electron/gate: what stands between any page and the core; shared, rpc types and node',
      severity: 'error',
      from: { path: '^electron/gate/' },
      to: {
        path: '^(electron|renderer|test|node_modules)/',
        pathNot: ['^electron/(gate|shared|rpc)/', '^node_modules/@types/node/'],
      },
    },
    {
      name: 'preload-is-one-file',
      comment: 'electron/preload: electron only, and nobody imports it',
      severity: 'error',
      from: { path: '^electron/preload/' },
      to: { pathNot: '^node_modules/electron/' },
    },
    {
      name: 'only-the-shell-knows-electron',
      severity: 'error',
      from: { pathNot: '^(electron/(main|preload)|test/desktop)/' },
      to: { path: '^node_modules/electron/' },
    },
    {
      name: 'renderer-imports-shared',
      comment: 'of electron/ the renderer may import shared only; never node',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(electron|test)/', pathNot: '^electron/shared/' },
    },
    { name: 'renderer-without-node', severity: 'error', from: { path: '^renderer/' }, to: NODE_BUILTIN },
    {
      name: 'features-are-siblings',
      comment: 'A feature never imports another one; app is what puts them together',
      severity: 'error',
      from: { path: '^renderer/features/([^/]+)/' },
      to: {
        path: '^renderer/',
        pathNot: ['^renderer/features/$1/', '^renderer/(api|ui|state|i18n|theme)/'],
      },
    },
    {
      name: 'ui-knows-no-studio',
      comment: 'renderer/ui: react, theme, words; neither api nor state nor features',
      severity: 'error',
      from: { path: '^renderer/ui/' },
      to: { path: '^renderer/', pathNot: '^renderer/(ui|theme|i18n)/' },
    },
    {
      name: 'renderer-foundation-is-below',
      comment: 'api, state, i18n and theme know no screen',
      severity: 'error',
      from: { path: '^renderer/(api|state|i18n|theme)/' },
      to: { path: '^renderer/(features|app|ui)/' },
    },
    {
      name: 'pages-packages',
      comment: 'react and its kin: renderer only',
      severity: 'error',
      from: { pathNot: '^(renderer|test)/' },
      to: {
        path: '^node_modules/(react|react-dom|@mantine|recharts|@tanstack|react-router|zustand|i18next|react-i18next)/',
      },
    },
    {
      name: 'terminal-packages-of-the-core',
      severity: 'error',
      from: { pathNot: '^(electron/core/terminal|test)/' },
      to: { path: '^node_modules/(node-pty|@lydell|@xterm/(headless|addon-serialize))/' },
    },
    {
      name: 'terminal-packages-of-the-pages',
      severity: 'error',
      from: { pathNot: '^(renderer/features/terminal|test)/' },
      to: { path: '^node_modules/@xterm/(xterm|addon-(fit|search|web-links))/' },
    },
    {
      name: 'server-packages',
      severity: 'error',
      from: { pathNot: '^(electron/server|test)/' },
      to: { path: '^node_modules/(fastify|ws|@types/ws)/' },
    },
    {
      name: 'tests-are-not-imported',
      comment: 'The benches of electron/tools drive the studio as the tests do',
      severity: 'error',
      from: { pathNot: '^(test|electron/tools)/' },
      to: { path: '^test/' },
    },
    {
      name: 'tools-are-not-imported',
      comment: 'Set-up and build scripts are entry points',
      severity: 'error',
      from: { pathNot: '^(electron/tools|test)/' },
      to: { path: '^electron/tools/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '[.]cjs$' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
