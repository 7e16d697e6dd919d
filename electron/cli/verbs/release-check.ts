import type { MemorisationResult } from '../../shared/protocol/memorisation.ts';
import { memorisationVerdict, type MemorisationVerdict } from '../../shared/domain/memorisation-verdict.ts';
import { followServiceJob } from '../follow.ts';
import type { Words } from '../language.ts';
import type { Terminal } from '../terminal.ts';
import type { Verb } from '../verb.ts';

const VERDICT: Readonly<Record<MemorisationVerdict, Words>> = {
  found: {
    en: 'Found: the model gives training data back. Look at the rows before making it public.',
    zh: '已发现：模型会原样给出训练数据。公开之前请先查看这些数据行。',
  },
  'none-found': {
    en: 'Nothing found in the rows that were asked for; other rows were not.',
    zh: '在抽查的数据行中未发现；其余数据行未检查。',
  },
  'not-judged': {
    en: 'No row was asked for; the model itself was not checked.',
    zh: '未抽查任何数据行，模型本身未经检查。',
  },
};

const KIND: Readonly<Record<MemorisationResult['personalData']['rows'][number]['kind'], Words>> = {
  'id-number': { en: 'identity numbers', zh: '身份证号' },
  'bank-card': { en: 'bank cards', zh: '银行卡号' },
  mobile: { en: 'mobile numbers', zh: '手机号' },
  email: { en: 'e-mail addresses', zh: '电子邮箱' },
  'licence-plate': { en: 'licence plates', zh: '车牌号' },
  address: { en: 'addresses', zh: '住址' },
  name: { en: 'names (a hint only)', zh: '姓名（仅供参考）' },
};

/** Fails with exit code 2 where something is found, so that a script stops before it publishes. */
const FOUND_EXIT_CODE = 2;

export const releaseCheck: Verb = {
  name: 'release check',
  summary: {
    en: 'before publishing: does the model give training rows or personal data back',
    zh: '公开之前检查：模型是否会原样给出训练数据或个人信息',
  },
  usage: 'RUN [--step N] [--model MODEL] [--rows N] [--seed N] [--device auto|cpu|cuda]',
  options: {
    step: {
      kind: 'number',
      value: 'N',
      help: { en: 'weights of this checkpoint', zh: '使用该步检查点的权重' },
    },
    model: {
      kind: 'text',
      value: 'MODEL',
      help: { en: 'a merged model of the run', zh: '由该训练合并得到的模型' },
    },
    rows: {
      kind: 'number',
      value: 'N',
      help: {
        en: 'training rows to ask for (64); 0 only looks for personal data in the rows',
        zh: '抽查的数据行数（64）；0 表示只在数据行中查找个人信息',
      },
    },
    seed: {
      kind: 'number',
      value: 'N',
      help: { en: 'decides which rows are drawn (42)', zh: '决定抽取哪些数据行（42）' },
    },
    device: {
      kind: 'text',
      value: 'auto|cpu|cuda',
      help: { en: 'where the model computes', zh: '模型在何处计算' },
    },
  },
  run: async ({ args, terminal, session }) => {
    const run = args.required(0, 'RUN');
    const device = args.choice('device', ['auto', 'cpu', 'cuda']);
    const model = args.text('model');
    const [step, rows, seed] = [args.number('step'), args.number('rows'), args.number('seed')];
    const client = await session.open('write');
    const { jobId } = await client.call('memorisation.start', {
      run,
      ...(step === undefined ? {} : { step }),
      ...(model === undefined ? {} : { model }),
      ...(rows === undefined ? {} : { rows }),
      ...(seed === undefined ? {} : { seed }),
      ...(device === undefined ? {} : { device }),
    });
    const result = (await followServiceJob(client, jobId, terminal)) as unknown as MemorisationResult;
    const verdict = memorisationVerdict(result);
    sayResult(result, verdict, terminal);
    return { value: { verdict, result }, ...(verdict === 'found' ? { exitCode: FOUND_EXIT_CODE } : {}) };
  },
};

function sayResult(result: MemorisationResult, verdict: MemorisationVerdict, terminal: Terminal): void {
  const zh = terminal.language === 'zh';
  const { added, base, tuned } = result.verbatim;
  if (result.askedRows > 0) {
    terminal.say(
      zh
        ? `原样给出 ${tuned} / ${result.askedRows} 行，其中基座模型本就会的 ${tuned - added} 行（基座模型共 ${base} 行）`
        : `word for word: ${tuned} of ${result.askedRows} rows, ${tuned - added} of them by the base too (base: ${base})`,
    );
  }
  for (const { kind, rows, values } of result.personalData.rows) {
    terminal.say(
      zh
        ? `  数据行中的${KIND[kind].zh}：${rows} 行，${values} 个`
        : `  in the rows, ${KIND[kind].en}: ${rows} rows, ${values} values`,
    );
  }
  for (const { kind, reproduced, other } of result.personalData.outputs) {
    terminal.say(
      zh
        ? `  回答中的${KIND[kind].zh}：来自训练数据 ${reproduced} 个，其他 ${other} 个`
        : `  in the answers, ${KIND[kind].en}: ${reproduced} of the training data, ${other} other`,
    );
  }
  if (result.dataset.asTrained === false) {
    terminal.warn(
      zh
        ? '数据集在训练之后已有改动，检查用的是现在的数据行。'
        : 'The dataset was changed after training; the rows are today’s.',
    );
  }
  for (const one of result.examples)
    terminal.say(`  #${one.rowId} ${one.tunedTokens}/${one.restTokens}  ${one.excerpt}`);
  terminal.say(VERDICT[verdict][terminal.language]);
}
