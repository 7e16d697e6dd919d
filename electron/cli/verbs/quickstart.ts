import { readFileSync } from 'node:fs';
import path from 'node:path';

import { parse } from 'yaml';
import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { ChatConversation, type Answer } from '../chat-conversation.ts';
import { followServiceJob } from '../follow.ts';
import { countText, durationText } from '../language.ts';
import type { StudioClient } from '../studio-session.ts';
import type { Verb, VerbContext } from '../verb.ts';
import { followToEnd } from './train.ts';

const demoSchema = z.object({
  prompt: z.string(),
  system: z.string().nullable(),
  samplePrompts: z.array(z.string()),
});

/** An answer of the demonstration is this long at most. */
const MAX_ANSWER_TOKENS = 200;
/** lossFirst and lossLast are means over this many steps. */
const EDGE_STEPS = 5;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const ask = async (
  client: StudioClient,
  target: Readonly<{ model: string }> | Readonly<{ run: string }>,
  from: 'base' | 'adapter',
  demo: z.output<typeof demoSchema>,
): Promise<Answer> => {
  const conversation = await ChatConversation.open(client, target);
  try {
    const system = demo.system === null ? [] : [{ role: 'system' as const, content: demo.system }];
    const messages = [...system, { role: 'user' as const, content: demo.prompt }];
    const sampling = { temperature: 0, maxNewTokens: MAX_ANSWER_TOKENS };
    return await conversation.ask(messages, from, sampling, () => undefined);
  } finally {
    await conversation.close();
  }
};

const losses = async (
  client: StudioClient,
  runId: string,
): Promise<
  Readonly<{
    steps: number;
    lossFirst: number;
    lossLast: number;
    evalLossFirst: number;
    evalLossLast: number;
  }>
> => {
  const { series } = await client.call('metrics.query', {
    run: runId,
    keys: ['loss', 'evalLoss'],
    maxPoints: 5000,
  });
  const values = (key: string): readonly number[] =>
    (series.find((one) => one.key === key)?.points ?? []).map((point) => point.value);
  const loss = values('loss');
  const evalLoss = values('evalLoss');
  return {
    steps: loss.length,
    lossFirst: mean(loss.slice(0, EDGE_STEPS)),
    lossLast: mean(loss.slice(-EDGE_STEPS)),
    evalLossFirst: evalLoss.at(0) ?? Number.NaN,
    evalLossLast: evalLoss.at(-1) ?? Number.NaN,
  };
};

const run = async (context: VerbContext): Promise<{ value: unknown; exitCode?: number }> => {
  const { terminal, session } = context;
  const startedAtMs = performance.now();
  const { resourcesDir } = session.ports;
  const sampleDir = path.join(resourcesDir, 'sample-data');
  const demo = demoSchema.parse(JSON.parse(readFileSync(path.join(sampleDir, 'quickstart.json'), 'utf8')));
  const step = (number: number, en: string, zh: string): void =>
    terminal.say(`[${String(number)}/5] ${terminal.words({ en, zh })}`);

  step(1, 'Import the sample data', '导入示例数据');
  const client = await session.open('write');
  const imported = await client.call('datasets.import', {
    sources: [path.join(sampleDir, 'rows')],
    name: 'quickstart',
    evalFraction: 0.08,
    mapping: { referencePlacement: 'ignore' },
  });
  await followServiceJob(client, imported.jobId, terminal);
  const dataset = await client.call('datasets.show', { dataset: imported.datasetId });
  const rows = (dataset.counts?.train ?? 0) + (dataset.counts?.eval ?? 0);
  terminal.say(`      ${countText(rows)} ${terminal.words({ en: 'rows', zh: '条样本' })}  ${dataset.path}`);

  step(2, 'Train a LoRA adapter on the embedded model', '在内置小模型上训练 LoRA 适配器');
  const recipe = parse(readFileSync(path.join(resourcesDir, 'recipes', 'quickstart.yaml'), 'utf8')) as Record<
    string,
    unknown
  >;
  const evaluation = recipe['evaluation'] as Record<string, unknown> | undefined;
  const started = await client.call('runs.start', {
    recipe: {
      ...recipe,
      model: path.join(resourcesDir, 'tiny-model'),
      dataset: dataset.id,
      evaluation: { ...evaluation, samplePrompts: demo.samplePrompts },
    },
  });
  const ended = await followToEnd({ ...context, terminal }, client, started);
  if (ended.exitCode !== 0) return ended;
  const curve = await losses(client, started.runId);
  terminal.say(
    `      loss ${curve.lossFirst.toFixed(3)} → ${curve.lossLast.toFixed(3)}, ` +
      `eval loss ${curve.evalLossFirst.toFixed(3)} → ${curve.evalLossLast.toFixed(3)}`,
  );

  step(3, 'Merge the adapter and check the written files', '合并适配器并校验写出的文件');
  const merging = await client.call('merge.start', { run: started.runId, dtype: 'fp32', name: 'quickstart' });
  const merged = await followServiceJob(client, merging.jobId, terminal);
  const model = await client.call('models.show', { model: merging.modelId });
  const maxAbsLogitDiff = Number(merged['maxAbsLogitDiff']);
  terminal.say(`      max|Δlogit| ${maxAbsLogitDiff.toExponential(2)}  ${model.path}`);

  step(4, 'Ask the base model and the merged model', '分别询问基座模型与合并模型');
  const base = await ask(client, { run: started.runId }, 'base', demo);
  const answer = await ask(client, { model: merging.modelId }, 'adapter', demo);
  terminal.say(`      ${terminal.words({ en: 'question', zh: '提问' })}  ${demo.prompt}`);
  terminal.say(`      ${terminal.words({ en: 'base    ', zh: '基座' })}  ${base.text}`);
  terminal.say(`      ${terminal.words({ en: 'merged  ', zh: '合并后' })}  ${answer.text}`);

  const trained = await client.call('runs.show', { run: started.runId });
  const seconds = (performance.now() - startedAtMs) / 1000;
  step(
    5,
    `Done in ${durationText(seconds * 1000, 'en')}. Where everything is:`,
    `完成，用时 ${durationText(seconds * 1000, 'zh')}。文件位置：`,
  );
  terminal.say(`      ${terminal.words({ en: 'data folder ', zh: '数据目录' })}  ${session.ports.home}`);
  terminal.say(`      ${terminal.words({ en: 'run         ', zh: '训练记录' })}  ${trained.dir}`);
  terminal.say(
    `      ${terminal.words({ en: 'adapter     ', zh: '适配器  ' })}  ${trained.adapterPath ?? ''}`,
  );
  terminal.say(`      ${terminal.words({ en: 'merged model', zh: '合并模型' })}  ${model.path}`);
  terminal.say(
    `      ${terminal.words({ en: 'try next    ', zh: '接下来  ' })}  npm run -s studio -- chat --model ${merging.modelId}`,
  );
  if (!Number.isFinite(maxAbsLogitDiff))
    throw new StudioError('core.internal', {}, { detail: 'the merge reported no parity' });
  return {
    value: {
      dataset: { rows },
      run: { id: started.runId, ...curve },
      merge: { path: model.path, maxAbsLogitDiff },
      chat: { prompt: demo.prompt, baseAnswer: base.text, answer: answer.text, finish: answer.finish },
      seconds,
    },
  };
};

export const quickstart: Verb = {
  name: 'quickstart',
  summary: {
    en: 'the whole job on the embedded model: import, train, merge, ask (about three minutes)',
    zh: '在内置小模型上跑通全流程：导入、训练、合并、提问（约三分钟）',
  },
  usage: '',
  options: {},
  run,
};
