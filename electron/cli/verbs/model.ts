import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { ModelView } from '../../shared/contract/methods/models.ts';
import { describeError } from '../../shared/contract/errors/index.ts';
import { MODEL_KINDS } from '../../shared/domain/model-kinds.ts';
import { countText } from '../language.ts';
import type { Terminal } from '../terminal.ts';
import type { Verb } from '../verb.ts';

const sizeText = (count: number): string =>
  count >= 1e9
    ? `${(count / 1e9).toFixed(1)}B`
    : count >= 1e6
      ? `${(count / 1e6).toFixed(1)}M`
      : `${countText(count / 1e3)}k`;

const modelLine = (model: ModelView): string => {
  const { facts, id, kind, name, state } = model;
  const told =
    facts === undefined ? state : `${facts.architecture}  ${sizeText(facts.parameters)} × ${facts.dtype}`;
  return `${id}  ${kind.padEnd(7)}  ${name}  ${told}  ${model.path}`;
};

/** Why a record cannot be trained on, where it cannot. */
const sayReason = (model: ModelView, terminal: Terminal): void => {
  const reason = model.facts?.reason;
  if (reason === undefined) return;
  const { message, action } = describeError(reason, terminal.language);
  terminal.warn(`${message} ${action}`);
};

export const modelAdd: Verb = {
  name: 'model add',
  summary: {
    en: 'add a model folder, an adapter folder or a GGUF file to the library (nothing is copied)',
    zh: '登记模型目录、适配器目录或 GGUF 文件（不复制文件）',
  },
  usage: 'PATH [--name NAME]',
  options: {
    name: { kind: 'text', value: 'NAME', help: { en: 'name in the library', zh: '模型库中的名称' } },
  },
  run: async ({ args, terminal, session }) => {
    const folder = path.resolve(args.required(0, 'PATH'));
    const name = args.text('name');
    const client = await session.open('write');
    const model = await client.call('models.add', { path: folder, ...(name === undefined ? {} : { name }) });
    terminal.say(modelLine(model));
    sayReason(model, terminal);
    if (model.facts?.carriesCode === true) {
      terminal.say(
        terminal.words({
          en: 'The folder carries code of its own (auto_map or .py files). It is ignored: nothing of it is run.',
          zh: '该目录自带代码（auto_map 或 .py 文件），已忽略，不会执行其中任何内容。',
        }),
      );
    }
    return { value: model };
  },
};

export const modelList: Verb = {
  name: 'model list',
  summary: { en: 'models of the library', zh: '列出模型库' },
  usage: '[--search TEXT] [--kind KIND]',
  options: {
    search: { kind: 'text', value: 'TEXT', help: { en: 'part of the name', zh: '名称片段' } },
    kind: {
      kind: 'text',
      value: MODEL_KINDS.join('|'),
      help: { en: 'one kind only', zh: '只列出一种' },
    },
  },
  run: async ({ args, terminal, session }) => {
    const client = await session.open('read');
    const kind = args.choice('kind', MODEL_KINDS);
    const page = await client.call('models.list', {
      search: args.text('search') ?? '',
      ...(kind === undefined ? {} : { kinds: [kind] }),
      limit: 500,
    });
    for (const model of page.items) terminal.say(modelLine(model));
    if (page.total === 0) {
      terminal.say(
        terminal.words({
          en: 'No models yet. Add one: model add PATH',
          zh: '还没有模型。登记：model add 路径',
        }),
      );
    }
    return { value: page };
  },
};

export const modelShow: Verb = {
  name: 'model show',
  summary: { en: 'what a model is, and whether it is supported', zh: '查看模型信息与是否受支持' },
  usage: 'MODEL',
  options: {},
  run: async ({ args, terminal, session }) => {
    const client = await session.open('read');
    const model = await client.call('models.show', { model: args.required(0, 'MODEL') });
    terminal.say(JSON.stringify(model, undefined, 2));
    return { value: model };
  },
};

const CACHES = ['huggingface', 'modelscope', 'ollama'] as const;

export const modelScan: Verb = {
  name: 'model scan',
  summary: {
    en: 'models in the caches of Hugging Face, ModelScope and Ollama on this machine',
    zh: '查看本机 Hugging Face、ModelScope 与 Ollama 缓存中的模型',
  },
  usage: '[--cache KIND --dir DIR]',
  options: {
    cache: {
      kind: 'text',
      value: CACHES.join('|'),
      help: { en: 'one program’s cache only', zh: '只查看一种缓存' },
    },
    dir: {
      kind: 'text',
      value: 'DIR',
      help: { en: 'where that cache lies (default: its usual place)', zh: '该缓存的位置（默认为通常位置）' },
    },
  },
  run: async ({ args, terminal, session }) => {
    const client = await session.open('read');
    const only = args.choice('cache', CACHES);
    const dir = args.text('dir');
    if (dir !== undefined && only === undefined)
      throw new StudioError('cli.invalid_arguments', {
        reason: '--dir needs --cache',
        usage: 'model scan [--cache KIND --dir DIR]',
      });
    const places =
      dir !== undefined && only !== undefined
        ? [{ kind: only, path: path.resolve(dir) }]
        : (await client.call('models.caches', {})).items.filter(
            ({ kind }) => only === undefined || kind === only,
          );
    const caches = [];
    for (const { kind, path: place } of places) {
      const found = await client.call('models.scan', { kind, path: place });
      caches.push({ kind, path: place, ...found });
      terminal.say(
        `${kind}  ${place}${found.exists ? '' : terminal.words({ en: '  (not there)', zh: '  （不存在）' })}`,
      );
      for (const item of found.items) {
        const missing = terminal.words({
          en: `  incomplete, ${String(item.missing.length)} missing`,
          zh: `  不完整，缺 ${String(item.missing.length)} 个文件`,
        });
        terminal.say(
          `  ${item.kind.padEnd(7)}  ${item.name}  ${item.path}${item.missing.length === 0 ? '' : missing}`,
        );
      }
    }
    return { value: { caches } };
  },
};
