import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { RunSummary } from '../../shared/contract/methods/runs.ts';
import { isResumable } from '../../shared/domain/run-state.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import { runProgressText } from '../progress-text.ts';
import type { Terminal } from '../terminal.ts';
import type { Verb } from '../verb.ts';
import { FOLLOW_OPTIONS, followToEnd } from './train.ts';

const STATE_WORDS = {
  queued: { en: 'queued', zh: '排队中' },
  starting: { en: 'starting', zh: '正在启动' },
  running: { en: 'running', zh: '训练中' },
  stopping: { en: 'stopping', zh: '正在停止' },
  done: { en: 'done', zh: '已完成' },
  stopped: { en: 'stopped', zh: '已停止' },
  failed: { en: 'failed', zh: '失败' },
  interrupted: { en: 'interrupted', zh: '已中断' },
} as const;

const sayRun = (run: RunSummary, terminal: Terminal): void => {
  const state = terminal.words(STATE_WORDS[run.state]);
  terminal.say(`${run.id}  ${run.name}  ${state}  ${runProgressText(run, terminal.language)}`);
};

export const runsList: Verb = {
  name: 'runs list',
  summary: { en: 'the history of runs', zh: '列出训练记录' },
  usage: '[--search TEXT] [--limit N]',
  options: {
    search: { kind: 'text', value: 'TEXT', help: { en: 'part of a name', zh: '名称片段' } },
    limit: {
      kind: 'number',
      value: 'N',
      help: { en: 'rows to show (default 50)', zh: '显示条数（默认 50）' },
    },
  },
  run: async ({ args, terminal, session }) => {
    const client = await session.open('read');
    const page = await client.call('runs.list', {
      search: args.text('search') ?? '',
      limit: args.number('limit') ?? 50,
    });
    for (const run of page.items) sayRun(run, terminal);
    if (page.total === 0) terminal.say(terminal.words({ en: 'No runs yet.', zh: '还没有训练记录。' }));
    return { value: page };
  },
};

export const runsShow: Verb = {
  name: 'runs show',
  summary: { en: 'one run: progress, checkpoints, sample answers', zh: '查看一次训练：进度、检查点、试答' },
  usage: 'RUN',
  options: {},
  run: async ({ args, terminal, session }) => {
    const client = await session.open('read');
    const run = await client.call('runs.show', { run: args.required(0, 'RUN') });
    sayRun(run, terminal);
    for (const checkpoint of run.checkpoints) {
      terminal.say(
        `  ◆ ${String(checkpoint.step)}  ${checkpoint.reason}${checkpoint.best ? ' ★' : ''}  ${checkpoint.path}`,
      );
    }
    for (const sample of run.samples)
      terminal.say(`  ● ${String(sample.step)}  ${sample.prompt}\n      ${sample.answer}`);
    if (run.adapterPath !== undefined) terminal.say(`  adapter  ${run.adapterPath}`);
    if (run.tunedModelPath !== undefined) terminal.say(`  model    ${run.tunedModelPath}`);
    if (isResumable(run.state)) terminal.say(`  → runs resume ${run.id}`);
    return { value: run };
  },
};

export const runsStop: Verb = {
  name: 'runs stop',
  summary: { en: 'stop a run and save a checkpoint', zh: '停止训练并保存检查点' },
  usage: 'RUN [--deadline SECONDS]',
  options: {
    deadline: {
      kind: 'number',
      value: 'SECONDS',
      help: { en: 'after this the process is ended (default 120)', zh: '超过该秒数则强制结束（默认 120）' },
    },
  },
  run: async ({ args, terminal, session }) => {
    const client = await session.open('write');
    const run = await client.call('runs.stop', {
      run: args.required(0, 'RUN'),
      deadlineMs: Math.round((args.number('deadline') ?? 120) * 1000),
    });
    sayRun(run, terminal);
    return { value: run };
  },
};

export const runsResume: Verb = {
  name: 'runs resume',
  summary: { en: 'go on from the last whole checkpoint', zh: '从最近的完整检查点断点续训' },
  usage: 'RUN [--from-step N] [--detach]',
  options: {
    'from-step': { kind: 'number', value: 'N', help: { en: 'an earlier checkpoint', zh: '更早的检查点' } },
    ...FOLLOW_OPTIONS,
  },
  run: async (context) => {
    const { args, session, terminal } = context;
    const fromStep = args.number('from-step');
    const client = await session.open('write');
    const started = await client.call('runs.resume', {
      run: args.required(0, 'RUN'),
      ...(fromStep === undefined ? {} : { fromStep }),
    });
    terminal.say(
      terminal.words({
        en: `attempt ${String(started.attempt)} from step ${String(started.fromStep)}`,
        zh: `第 ${String(started.attempt)} 次，从第 ${String(started.fromStep)} 步继续`,
      }),
    );
    if (args.flag('detach')) return { value: started };
    return followToEnd(context, client, started);
  },
};

export const runsExport: Verb = {
  name: 'runs export',
  summary: {
    en: 'recipe, curves, events and adapter of a run as a folder or zip',
    zh: '将训练记录导出为目录或 zip',
  },
  usage: 'RUN PATH [--zip] [--overwrite]',
  options: {
    zip: { kind: 'flag', help: { en: 'one zip file', zh: '导出为 zip 文件' } },
    overwrite: { kind: 'flag', help: { en: 'replace what is there', zh: '覆盖已有内容' } },
  },
  run: async ({ args, terminal, session }) => {
    const client = await session.open('read');
    const exported = await client.call('runs.export', {
      run: args.required(0, 'RUN'),
      path: path.resolve(args.required(1, 'PATH')),
      format: args.flag('zip') ? 'zip' : 'folder',
      overwrite: args.flag('overwrite'),
    });
    terminal.say(exported.path);
    return { value: exported };
  },
};

export const runsReport: Verb = {
  name: 'runs report',
  summary: {
    en: 'one run as an HTML page to read or pass on',
    zh: '将一次训练写成可阅读、可转交的 HTML 报告',
  },
  usage: 'RUN [FILE] [--overwrite]',
  options: { overwrite: { kind: 'flag', help: { en: 'replace what is there', zh: '覆盖已有内容' } } },
  run: async ({ args, terminal, session }) => {
    const client = await session.open('read');
    const { name, html } = await client.call('runs.report', {
      run: args.required(0, 'RUN'),
      language: terminal.language,
    });
    const file = path.resolve(args.positionals[1] ?? name);
    try {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, html, { flag: args.flag('overwrite') ? 'w' : 'wx' });
    } catch (error) {
      const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
      throw new StudioError(
        exists ? 'run.export_exists' : 'run.export_failed',
        { path: file },
        { cause: error },
      );
    }
    terminal.say(file);
    return { value: { path: file, bytes: Buffer.byteLength(html) } };
  },
};

export const runsAdopt: Verb = {
  name: 'runs adopt',
  summary: { en: 'take a run made elsewhere into the history', zh: '将在别处完成的训练纳入记录' },
  usage: 'DIR [--name NAME]',
  options: { name: { kind: 'text', value: 'NAME', help: { en: 'name of the run', zh: '训练名称' } } },
  run: async ({ args, terminal, session }) => {
    const folder = args.required(0, 'DIR');
    if (folder.trim() === '')
      throw new StudioError('run.folder_invalid', { path: folder, reason: 'empty path' });
    const name = args.text('name');
    const client = await session.open('write');
    const run = await client.call('runs.adopt', {
      path: path.resolve(folder),
      ...(name === undefined ? {} : { name }),
    });
    sayRun(run, terminal);
    return { value: run };
  },
};
