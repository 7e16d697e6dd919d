import { followServiceJob } from '../follow.ts';
import type { Verb } from '../verb.ts';

export const merge: Verb = {
  name: 'merge',
  summary: {
    en: 'merge a run’s adapter into its base model and check the result',
    zh: '将适配器合并进基座模型并校验',
  },
  usage: 'RUN [--step N] [--dtype base|fp32] [--name NAME] | MODEL --resume',
  options: {
    resume: {
      kind: 'flag',
      help: {
        en: 'go on with a merge that was stopped, killed or failed',
        zh: '继续已停止、中断或失败的合并',
      },
    },
    step: {
      kind: 'number',
      value: 'N',
      help: { en: 'adapter of this checkpoint', zh: '使用该步检查点的适配器' },
    },
    dtype: {
      kind: 'text',
      value: 'base|fp32',
      help: { en: 'type of the written weights', zh: '写出权重的精度' },
    },
    name: { kind: 'text', value: 'NAME', help: { en: 'name of the merged model', zh: '合并模型的名称' } },
    'max-shard-bytes': {
      kind: 'number',
      value: 'BYTES',
      help: { en: 'size of one file at most (default 4 GB)', zh: '单个文件的最大字节数（默认 4 GB）' },
    },
  },
  run: async ({ args, terminal, session }) => {
    const client = await session.open('write');
    const step = args.number('step');
    const dtype = args.choice('dtype', ['base', 'fp32']);
    const name = args.text('name');
    const maxShardBytes = args.number('max-shard-bytes');
    const started = args.flag('resume')
      ? await client.call('merge.resume', { model: args.required(0, 'MODEL') })
      : await client.call('merge.start', {
          run: args.required(0, 'RUN'),
          ...(step === undefined ? {} : { step }),
          ...(dtype === undefined ? {} : { dtype }),
          ...(name === undefined ? {} : { name }),
          ...(maxShardBytes === undefined ? {} : { maxShardBytes }),
        });
    const result = await followServiceJob(client, started.jobId, terminal);
    const model = await client.call('models.show', { model: started.modelId });
    const difference = Number(result['maxAbsLogitDiff']);
    terminal.say(`${model.path}  max|Δlogit| ${difference.toExponential(2)}`);
    return { value: { model, result } };
  },
};
