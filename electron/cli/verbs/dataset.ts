import path from 'node:path';

import type { DatasetView } from '../../shared/contract/methods/datasets.ts';
import { layoutSchema, type MappingInput } from '../../shared/protocol/mapping.ts';
import { followServiceJob } from '../follow.ts';
import { countText } from '../language.ts';
import type { Arguments, OptionTable } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import type { Verb } from '../verb.ts';

const IMPORT_OPTIONS = {
  name: { kind: 'text', value: 'NAME', help: { en: 'name of the dataset', zh: '数据集名称' } },
  'eval-fraction': {
    kind: 'number',
    value: 'SHARE',
    help: { en: 'share of rows kept for evaluation (default 0.05)', zh: '留作验证的比例（默认 0.05）' },
  },
  seed: {
    kind: 'number',
    value: 'N',
    help: { en: 'seed of the split (default 42)', zh: '划分用的随机种子（默认 42）' },
  },
  accept: {
    kind: 'text',
    value: 'none|usable',
    help: {
      en: 'with broken rows: import nothing (default), or the usable rows',
      zh: '存在问题行时：全部不导入（默认），或只导入可用行',
    },
  },
  layout: {
    kind: 'text',
    value: 'LAYOUT',
    help: {
      en: `force a layout: ${layoutSchema.options.join(', ')}`,
      zh: `强制指定格式：${layoutSchema.options.join('、')}`,
    },
  },
  prompt: {
    kind: 'list',
    value: 'COLUMN',
    help: { en: 'column of the question; repeat to join several', zh: '问题所在列；可重复以拼接多列' },
  },
  answer: { kind: 'text', value: 'COLUMN', help: { en: 'column of the answer', zh: '回答所在列' } },
  system: {
    kind: 'text',
    value: 'COLUMN',
    help: { en: 'column of the system prompt', zh: '系统提示词所在列' },
  },
  history: { kind: 'text', value: 'COLUMN', help: { en: 'column of earlier turns', zh: '历史对话所在列' } },
  reference: {
    kind: 'text',
    value: 'COLUMN',
    help: { en: 'column of references (statutes)', zh: '参考资料（法条）所在列' },
  },
  'reference-placement': {
    kind: 'text',
    value: 'ignore|before|after',
    help: {
      en: 'where references stand in the prompt (before, where --reference is given)',
      zh: '参考资料在提问中的位置（指定 --reference 时默认在前）',
    },
  },
  'reference-heading': {
    kind: 'text',
    value: 'TEXT',
    help: { en: 'line above the references', zh: '参考资料前的标题行' },
  },
} as const satisfies OptionTable;

const mappingOf = (args: Arguments): MappingInput | undefined => {
  const prompt = args.list('prompt');
  const text = (name: string, key: keyof MappingInput): MappingInput => {
    const value = args.text(name);
    return value === undefined ? {} : { [key]: value };
  };
  const layout = args.choice('layout', layoutSchema.options);
  const placement = args.choice('reference-placement', ['ignore', 'before', 'after']);
  const mapping: MappingInput = {
    ...(layout === undefined ? {} : { layout }),
    ...(prompt.length === 0 ? {} : { prompt: [...prompt] }),
    ...text('answer', 'answer'),
    ...text('system', 'system'),
    ...text('history', 'history'),
    ...text('reference', 'reference'),
    ...text('reference-heading', 'referenceHeading'),
    // Who names the column wants the references in the prompt.
    ...(placement === undefined && args.text('reference') !== undefined
      ? { referencePlacement: 'before' as const }
      : {}),
    ...(placement === undefined ? {} : { referencePlacement: placement }),
  };
  return Object.keys(mapping).length === 0 ? undefined : mapping;
};

/** The equation that is always on screen: read = trainable + evaluation + excluded. */
const sayCounts = (dataset: DatasetView, terminal: Terminal): void => {
  const { counts } = dataset;
  if (counts === undefined) {
    terminal.say(`${dataset.id}  ${dataset.name}  ${dataset.state}`);
    return;
  }
  const [read, train, evaluation, excluded] = [counts.rows, counts.train, counts.eval, counts.excluded].map(
    countText,
  );
  const equation = terminal.words({
    en: `read ${read ?? ''} = trainable ${train ?? ''} + evaluation ${evaluation ?? ''} + excluded ${excluded ?? ''}`,
    zh: `读入 ${read ?? ''} = 可训练 ${train ?? ''} + 验证 ${evaluation ?? ''} + 排除 ${excluded ?? ''}`,
  });
  terminal.say(`${dataset.id}  ${dataset.name}  ${equation}`);
};

export const datasetImport: Verb = {
  name: 'dataset import',
  summary: { en: 'check files and make a dataset of them', zh: '检查文件并导入为数据集' },
  usage: 'PATH… [options]',
  options: IMPORT_OPTIONS,
  run: async ({ args, terminal, session }) => {
    args.required(0, 'PATH');
    const client = await session.open('write');
    const evalFraction = args.number('eval-fraction');
    const seed = args.number('seed');
    const accept = args.choice('accept', ['none', 'usable']);
    const name = args.text('name');
    const mapping = mappingOf(args);
    const started = await client.call('datasets.import', {
      sources: args.positionals.map((one) => path.resolve(one)),
      ...(name === undefined ? {} : { name }),
      ...(mapping === undefined ? {} : { mapping }),
      ...(evalFraction === undefined ? {} : { evalFraction }),
      ...(seed === undefined ? {} : { seed }),
      ...(accept === undefined ? {} : { accept }),
    });
    const result = await followServiceJob(client, started.jobId, terminal);
    const dataset = await client.call('datasets.show', { dataset: started.datasetId });
    sayCounts(dataset, terminal);
    return { value: { dataset, report: result } };
  },
};

export const datasetList: Verb = {
  name: 'dataset list',
  summary: { en: 'datasets and their row counts', zh: '列出数据集与行数' },
  usage: '[--search TEXT]',
  options: { search: { kind: 'text', value: 'TEXT', help: { en: 'part of the name', zh: '名称片段' } } },
  run: async ({ args, terminal, session }) => {
    const client = await session.open('read');
    const page = await client.call('datasets.list', { search: args.text('search') ?? '', limit: 500 });
    for (const dataset of page.items) sayCounts(dataset, terminal);
    if (page.total === 0) {
      terminal.say(
        terminal.words({
          en: 'No datasets yet. Import one: dataset import PATH',
          zh: '还没有数据集。导入：dataset import 路径',
        }),
      );
    }
    return { value: page };
  },
};

export const datasetShow: Verb = {
  name: 'dataset show',
  summary: { en: 'rows, problems and token statistics of a dataset', zh: '查看数据集的样本、问题与词元统计' },
  usage: 'DATASET [--rows N] [--search TEXT] [--model MODEL]',
  options: {
    rows: {
      kind: 'number',
      value: 'N',
      help: { en: 'rows to show (default 3)', zh: '显示的样本数（默认 3）' },
    },
    search: {
      kind: 'text',
      value: 'TEXT',
      help: { en: 'rows that contain this text', zh: '包含该文本的样本' },
    },
    split: {
      kind: 'text',
      value: 'train|eval|excluded',
      help: { en: 'rows of one part', zh: '只看某一部分' },
    },
    model: {
      kind: 'text',
      value: 'MODEL',
      help: { en: 'count tokens with this model’s tokenizer', zh: '用该模型的分词器统计词元' },
    },
    'cutoff-length': {
      kind: 'number',
      value: 'N',
      help: { en: 'cutoff length of the statistics', zh: '统计所用的截断长度' },
    },
  },
  run: async ({ args, terminal, session }) => {
    const reference = args.required(0, 'DATASET');
    const model = args.text('model');
    const client = await session.open(model === undefined ? 'read' : 'write');
    const cutoffLength = args.number('cutoff-length');
    let statistics: unknown;
    if (model !== undefined) {
      const { jobId } = await client.call('datasets.statistics', {
        dataset: reference,
        model,
        ...(cutoffLength === undefined ? {} : { cutoffLength }),
      });
      statistics = await followServiceJob(client, jobId, terminal);
    }
    const dataset = await client.call('datasets.show', { dataset: reference });
    const split = args.choice('split', ['train', 'eval', 'excluded']);
    const rows =
      dataset.state === 'ready'
        ? await client.call('datasets.rows', {
            dataset: reference,
            split: split ?? 'all',
            search: args.text('search') ?? '',
            limit: Math.max(1, args.number('rows') ?? 3),
          })
        : { total: 0, items: [] };
    const problems =
      dataset.state === 'ready'
        ? await client.call('datasets.problems', { dataset: reference, limit: 20 })
        : { total: 0, items: [] };
    sayCounts(dataset, terminal);
    for (const source of dataset.sources) {
      terminal.say(
        `  ${source.path}  ${source.container} ${source.encoding} ${Object.keys(source.layouts).join('+')} ${countText(source.records)}`,
      );
    }
    for (const row of rows.items) {
      terminal.say(`── ${row.file}:${String(row.line ?? '')} [${row.split}]`);
      for (const message of row.messages) terminal.say(`${message.role}: ${message.content}`);
    }
    for (const problem of problems.items) {
      terminal.say(`! ${problem.file}:${String(problem.line ?? '')} ${problem.code} ${problem.key ?? ''}`);
    }
    const shown = statistics ?? dataset.statistics;
    terminal.say(JSON.stringify(shown, undefined, 2));
    return { value: { dataset, rows, problems, statistics: shown } };
  },
};
