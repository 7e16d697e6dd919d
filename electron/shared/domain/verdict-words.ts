import { formatLoss, formatNumber } from './figures.ts';
import type { Verdict, VerdictRule } from './verdict.ts';

type Words = Readonly<{ sentence: string; rule: string }>;

/** What a verdict says and by which rule; the page and a run's report say the same. */
const VERDICT_WORDS: Readonly<Record<VerdictRule, Readonly<{ en: Words; zh: Words }>>> = {
  queued: {
    en: {
      sentence: 'Queued; starts by itself when its turn comes',
      rule: 'Rule: one run at a time; the preflight is asked again before the start.',
    },
    zh: {
      sentence: '排队中，轮到时自动开始',
      rule: '依据：同一时间只运行一个训练，开始前会重新做开训检查。',
    },
  },
  healthy: {
    en: {
      sentence: 'Healthy',
      rule: 'Rule: losses are finite, eval loss is not rising, throughput is steady.',
    },
    zh: { sentence: '正常', rule: '依据：损失均为有限数，验证损失没有连升，吞吐量平稳。' },
  },
  starting: {
    en: { sentence: 'Starting', rule: 'Rule: no step has been taken yet.' },
    zh: { sentence: '正在启动', rule: '依据：还没有完成第一步。' },
  },
  loss_not_finite: {
    en: {
      sentence: 'Bad: the loss is not finite (step {step})',
      rule: 'Rule: NaN or infinity in the last 20 steps ({count} times).',
    },
    zh: {
      sentence: '异常：损失不是有限数（第 {step} 步）',
      rule: '依据：最近 20 步出现 NaN 或无穷大（{count} 次）。',
    },
  },
  loss_diverging: {
    en: {
      sentence: 'Needs attention: the loss is climbing, now {loss}, at first {firstLoss}',
      rule: 'Rule: the median loss of the last 10 steps is 1.5 times that of the first 10 or more.',
    },
    zh: {
      sentence: '需注意：损失持续上升，现为 {loss}，起始为 {firstLoss}',
      rule: '依据：最近 10 步损失的中位数达到最初 10 步的 1.5 倍以上。',
    },
  },
  eval_worse: {
    en: {
      sentence:
        'Needs attention: eval loss is worse than before training, {lastLoss} at step {step}, {baseLoss} before',
      rule: 'Rule: the newest evaluation is more than 2 % above the one before the first step.',
    },
    zh: {
      sentence: '需注意：验证损失比训练前更差，第 {step} 步为 {lastLoss}，训练前为 {baseLoss}',
      rule: '依据：最近一次验证损失比第一步之前的验证高出 2% 以上。',
    },
  },
  eval_above_best: {
    en: {
      sentence:
        'Needs attention: eval loss is well above its best, now {lastLoss}, step {bestStep} had {bestLoss}',
      rule: 'Rule: the newest evaluation is at least 1.1 times the best one.',
    },
    zh: {
      sentence: '需注意：验证损失明显高于最好值，现为 {lastLoss}，第 {bestStep} 步曾为 {bestLoss}',
      rule: '依据：最近一次验证损失达到最好值的 1.1 倍以上。',
    },
  },
  eval_rising: {
    en: {
      sentence: 'Needs attention: eval loss rose {times} times in a row, step {bestStep} was best',
      rule: 'Rule: each of the last {times} evaluations was worse than the one before (best {bestLoss}).',
    },
    zh: {
      sentence: '需注意：验证损失连升 {times} 次，第 {bestStep} 步最好',
      rule: '依据：最近 {times} 次验证一次比一次差（最好为 {bestLoss}）。',
    },
  },
  throughput_collapsed: {
    en: {
      sentence: 'Needs attention: throughput collapsed, {current} tok/s where {usual} tok/s was usual',
      rule: 'Rule: the median of the last 10 steps is below half of the steps before.',
    },
    zh: {
      sentence: '需注意：吞吐量骤降，现为 {current} tok/s，平时为 {usual} tok/s',
      rule: '依据：最近 10 步的中位数不到此前的一半。',
    },
  },
  stopping: {
    en: { sentence: 'Stopping: saving a checkpoint', rule: 'Rule: a stop was asked for.' },
    zh: { sentence: '正在停止，先保存检查点', rule: '依据：已请求停止。' },
  },
  done: {
    en: {
      sentence: 'Done, {step} steps',
      rule: 'Rule: the last step was taken and no earlier evaluation was better.',
    },
    zh: { sentence: '已完成，共 {step} 步', rule: '依据：已走完最后一步，且此前没有更好的验证结果。' },
  },
  done_best_earlier: {
    en: {
      sentence: 'Done; step {bestStep} was better than the last step',
      rule: 'Rule: eval loss was {bestLoss} there and is {lastLoss} at the end.',
    },
    zh: {
      sentence: '已完成；第 {bestStep} 步比最后一步更好',
      rule: '依据：当时验证损失为 {bestLoss}，最后为 {lastLoss}。',
    },
  },
  done_eval_worse: {
    en: {
      sentence: 'Done, but eval loss is worse than before training: {lastLoss}, before {baseLoss}',
      rule: 'Rule: the last evaluation is above the one before the first step.',
    },
    zh: {
      sentence: '已完成，但验证损失比训练前更差：最后为 {lastLoss}，训练前为 {baseLoss}',
      rule: '依据：最后一次验证损失高于第一步之前的验证。',
    },
  },
  done_worse: {
    en: {
      sentence: 'Done, but worse than it began: loss {loss}, at first {firstLoss}',
      rule: 'Rule: the median loss of the last 10 steps is 1.5 times that of the first 10 or more.',
    },
    zh: {
      sentence: '已完成，但比开始时更差：损失为 {loss}，起始为 {firstLoss}',
      rule: '依据：最后 10 步损失的中位数达到最初 10 步的 1.5 倍以上。',
    },
  },
  stopped: {
    en: {
      sentence: 'Stopped; the checkpoint at step {step} is whole and can be resumed',
      rule: 'Rule: a person stopped it.',
    },
    zh: { sentence: '已停止；第 {step} 步的检查点完整，可断点续训', rule: '依据：由人停止。' },
  },
  stopped_without_checkpoint: {
    en: { sentence: 'Stopped without a checkpoint', rule: 'Rule: it was stopped before anything was saved.' },
    zh: { sentence: '已停止，没有留下检查点', rule: '依据：停止时还没有保存过。' },
  },
  interrupted: {
    en: {
      sentence: 'Interrupted; the checkpoint at step {step} can be resumed',
      rule: 'Rule: its process is gone without a word.',
    },
    zh: {
      sentence: '已中断；可从第 {step} 步的检查点断点续训',
      rule: '依据：训练进程已不在，也没有留下结束记录。',
    },
  },
  interrupted_without_checkpoint: {
    en: {
      sentence: 'Interrupted before the first checkpoint',
      rule: 'Rule: its process is gone and nothing had been saved.',
    },
    zh: { sentence: '在第一个检查点之前中断', rule: '依据：训练进程已不在，且没有保存过。' },
  },
  failed: {
    en: { sentence: 'Failed at step {step}', rule: 'Rule: the run reported an error.' },
    zh: { sentence: '在第 {step} 步失败', rule: '依据：训练进程报告了错误。' },
  },
};

const LOSSES: ReadonlySet<string> = new Set(['loss', 'firstLoss', 'bestLoss', 'lastLoss', 'baseLoss']);

/** The sentence of a verdict and the rule behind it, with their figures. */
export function describeVerdict({ rule, params }: Verdict, language: 'en' | 'zh'): Words {
  const words = VERDICT_WORDS[rule][language];
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/gu, (_whole, name: string) =>
      LOSSES.has(name) ? formatLoss(params[name]) : formatNumber(params[name]),
    );
  return { sentence: fill(words.sentence), rule: fill(words.rule) };
}
