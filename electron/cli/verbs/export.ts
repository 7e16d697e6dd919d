import path from 'node:path';

import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES } from '../../shared/protocol/export-format.ts';
import { followServiceJob } from '../follow.ts';
import type { Verb } from '../verb.ts';

export const exportVerb: Verb = {
  name: 'export',
  summary: {
    en: 'write a model or a run’s adapter for other programs',
    zh: '将模型或训练的适配器导出给其他程序使用',
  },
  usage: 'MODEL|RUN --format FORMAT --out DIR [--zip] [--step N] [--ollama NAME]',
  options: {
    format: {
      kind: 'text',
      value: EXPORT_FORMAT_NAMES.join('|'),
      help: { en: 'what is written', zh: '导出的格式' },
    },
    out: {
      kind: 'text',
      value: 'DIR',
      help: { en: 'folder to make; absent or empty', zh: '要生成的文件夹，须不存在或为空' },
    },
    zip: {
      kind: 'flag',
      help: {
        en: 'one zip file (adapters and GGUF): DIR/NAME.zip, or --out itself where it ends in .zip',
        zh: '打包为一个 zip 文件（适配器与 GGUF）：DIR/名称.zip；--out 以 .zip 结尾时即为该文件',
      },
    },
    step: {
      kind: 'number',
      value: 'N',
      help: { en: 'adapter of this checkpoint', zh: '使用该步检查点的适配器' },
    },
    ollama: {
      kind: 'text',
      value: 'NAME',
      help: { en: 'add the result to Ollama under this name', zh: '以该名称添加到 Ollama' },
    },
  },
  run: async ({ args, terminal, session }) => {
    const source = args.required(0, 'MODEL|RUN');
    const format = args.choice('format', EXPORT_FORMAT_NAMES);
    const out = args.text('out');
    if (format === undefined) throw args.invalid('--format is missing');
    if (out === undefined) throw args.invalid('--out is missing');
    const step = args.number('step');
    const ollamaName = args.text('ollama');
    const client = await session.open('write');
    const archive = args.flag('zip') ? ('zip' as const) : ('folder' as const);
    const target = {
      format,
      archive,
      path: path.resolve(out),
      ...(ollamaName === undefined ? {} : { ollamaName }),
    };
    const started = await client.call(
      'models.export',
      EXPORT_FORMATS[format].source === 'adapter'
        ? { run: source, ...(step === undefined ? {} : { step }), ...target }
        : { model: source, ...target },
    );
    const result = await followServiceJob(client, started.jobId, terminal);
    terminal.say(String(result['path']));
    return { value: { result } };
  },
};
