import path from 'node:path';

import type { ModelView } from '../../shared/contract/methods/models.ts';
import { countText } from '../language.ts';
import type { Verb } from '../verb.ts';

const modelLine = (model: ModelView): string => {
  const facts = model.facts;
  if (facts === undefined)
    return `${model.id}  ${model.name}  ${model.origin}  ${model.state}  ${model.path}`;
  return (
    `${model.id}  ${model.name}  ${model.origin}  ${facts.architecture} (${facts.layout ?? '?'})  ` +
    `${countText(facts.parameters / 1e3)}k × ${facts.dtype}  ${model.path}`
  );
};

export const modelAdd: Verb = {
  name: 'model add',
  summary: {
    en: 'add a model folder to the library (nothing is copied)',
    zh: '登记一个模型目录（不复制文件）',
  },
  usage: 'DIR [--name NAME]',
  options: {
    name: { kind: 'text', value: 'NAME', help: { en: 'name in the library', zh: '模型库中的名称' } },
  },
  run: async ({ args, terminal, session }) => {
    const folder = path.resolve(args.required(0, 'DIR'));
    const name = args.text('name');
    const client = await session.open('write');
    const model = await client.call('models.add', { path: folder, ...(name === undefined ? {} : { name }) });
    terminal.say(modelLine(model));
    return { value: model };
  },
};

export const modelList: Verb = {
  name: 'model list',
  summary: { en: 'models of the library', zh: '列出模型库' },
  usage: '[--search TEXT]',
  options: { search: { kind: 'text', value: 'TEXT', help: { en: 'part of the name', zh: '名称片段' } } },
  run: async ({ args, terminal, session }) => {
    const client = await session.open('read');
    const page = await client.call('models.list', { search: args.text('search') ?? '', limit: 500 });
    for (const model of page.items) terminal.say(modelLine(model));
    if (page.total === 0) {
      terminal.say(
        terminal.words({
          en: 'No models yet. Add one: model add DIR',
          zh: '还没有模型。登记：model add 目录',
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
