import { readFileSync } from 'node:fs';

import { parse } from 'yaml';

import type { RunSummary } from '../../shared/contract/methods/runs.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import { launchLines, parseHosts } from '../../shared/domain/launch-lines.ts';
import { LAUNCH_WORDS, launchNeeds } from '../../shared/domain/launch-words.ts';
import { checkRecipe } from '../../shared/domain/recipes/check-recipe.ts';
import { EXIT_CODES } from '../../shared/protocol/exit-codes.ts';
import { followJob, followRun } from '../follow.ts';
import type { OptionTable } from '../options.ts';
import type { StudioClient } from '../studio-session.ts';
import type { Verb, VerbContext, VerbResult } from '../verb.ts';

export const FOLLOW_OPTIONS = {
  detach: {
    kind: 'flag',
    help: { en: 'start and return; the run goes on by itself', zh: '启动后立即返回，训练自行继续' },
  },
} as const satisfies OptionTable;

export const readRecipe = (file: string): Record<string, unknown> => {
  try {
    const value: unknown = parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
    throw new Error('a recipe is a mapping of keys to values');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StudioError('cli.file_unreadable', { file, reason });
  }
};

/** Options of the verbs that take a recipe file. */
export const RECIPE_OPTIONS = {
  set: {
    kind: 'list',
    value: 'KEY=VALUE',
    help: {
      en: 'change one setting, e.g. lora.rank=16; repeat for more',
      zh: '修改一项设置，如 lora.rank=16；可重复',
    },
  },
} as const satisfies OptionTable;

/** Applies `lora.rank=16` and the like; values are read as YAML, so numbers, lists and null keep their type. */
export const withSettings = (
  recipe: Readonly<Record<string, unknown>>,
  settings: readonly string[],
): Record<string, unknown> => {
  const result = structuredClone(recipe) as Record<string, unknown>;
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at < 1) {
      throw new StudioError('cli.invalid_arguments', {
        reason: `--set ${setting}: expected key=value`,
        usage: 'train RECIPE --set key=value',
      });
    }
    const keys = setting.slice(0, at).split('.');
    const last = keys.pop() ?? '';
    let target = result;
    for (const key of keys) {
      const inner = target[key];
      const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
      target[key] = next;
      target = next;
    }
    target[last] = parse(setting.slice(at + 1)) as unknown;
  }
  return result;
};

/** Prints what to run on each machine; whether and how a person may log in there is not the studio's. */
const sayLines = (
  context: VerbContext,
  file: string,
  recipe: unknown,
  settings: readonly string[],
  list: string,
): VerbResult => {
  const { terminal } = context;
  const checked = checkRecipe(recipe);
  if (!('recipe' in checked)) {
    throw new StudioError('recipe.invalid', { issues: checked.issues, summary: checked.summary });
  }
  const hosts = parseHosts(list);
  if ('code' in hosts) throw new StudioError(hosts.code, hosts.params);
  const machines = launchLines(hosts, checked.recipe.hardware, file, settings);
  terminal.say(terminal.words(LAUNCH_WORDS.before));
  for (const { host, command } of machines) terminal.say(`\n${host}:\n  ${command}`);
  terminal.say(`\n${launchNeeds(terminal.language, hosts)}`);
  return { value: { machines } };
};

const sayEnd = (run: RunSummary, context: VerbContext): void => {
  const { terminal } = context;
  const at = `${terminal.language === 'zh' ? '第' : 'step'} ${String(run.step)}${terminal.language === 'zh' ? ' 步' : ''}`;
  const loss = run.loss === undefined ? '' : `, loss ${run.loss.toFixed(4)}`;
  const evalLoss = run.evalLoss === undefined ? '' : `, eval loss ${run.evalLoss.toFixed(4)}`;
  terminal.say(`${run.name} (${run.id}): ${run.state}, ${at}${loss}${evalLoss}`);
};

/**
 * Follows a started run to its end. Ctrl-C once stops and saves; a second one leaves the run stopping by itself.
 * With `--json` every event of the run is one line.
 */
export const followToEnd = async (
  context: VerbContext,
  client: StudioClient,
  started: Readonly<{ runId: string; jobId?: string | undefined }>,
): Promise<VerbResult> => {
  const { terminal } = context;
  let interrupts = 0;
  let leave: () => void = () => undefined;
  const left = new Promise<'left'>((resolve) => {
    leave = () => resolve('left');
  });
  const off = context.onInterrupt(() => {
    interrupts += 1;
    if (interrupts > 1) {
      leave();
      return;
    }
    terminal.warn(
      terminal.words({
        en: 'Stopping: the step in progress ends, then a checkpoint is saved. Ctrl-C again to leave it alone with that.',
        zh: '正在停止：完成当前步后保存检查点。再按一次 Ctrl-C 则不再等待。',
      }),
    );
    client.call('runs.stop', { run: started.runId, deadlineMs: 600_000 }).catch((error: unknown) => {
      // The run may have ended by itself in the meantime; its end is reported below.
      if (!(error instanceof StudioError && error.code === 'run.not_live')) terminal.warn(String(error));
    });
  });
  try {
    if (terminal.json && started.jobId !== undefined) {
      void followJob(client, started.jobId, ({ seq, t, type, data }) =>
        terminal.emit({ seq, t, type, data }),
      ).catch(() => undefined);
    }
    const ended = await Promise.race([followRun(client, started.runId, terminal), left]);
    const run = ended === 'left' ? await client.call('runs.show', { run: started.runId }) : ended;
    sayEnd(run, context);
    if (run.state === 'failed' || run.state === 'interrupted') {
      const code = run.error?.code ?? 'job.interrupted';
      const detail = run.error?.detail;
      throw new StudioError(
        code,
        { ...run.error?.params, runId: run.id },
        detail === undefined ? {} : { detail },
      );
    }
    return { value: run, exitCode: run.state === 'done' ? EXIT_CODES.done : EXIT_CODES.stopped };
  } finally {
    off();
  }
};

export const train: Verb = {
  name: 'train',
  summary: { en: 'start a run from a recipe file and follow it', zh: '按训练方案文件开始训练并跟踪进度' },
  usage: 'RECIPE.yaml [--set key=value]… [--detach | --queue] [--force] [--profile-steps N] [--hosts A,B]',
  options: {
    ...RECIPE_OPTIONS,
    force: {
      kind: 'flag',
      help: {
        en: 'start although the preflight says that memory or disk is too small',
        zh: '即使开训检查认为内存或磁盘不足也开始训练',
      },
    },
    queue: {
      kind: 'flag',
      help: {
        en: 'only put it into the queue; `legal-eagle serve` starts what waits, one after another',
        zh: '仅加入队列；由 `legal-eagle serve` 依次启动排队的训练',
      },
    },
    'profile-steps': {
      kind: 'text',
      value: 'N',
      help: {
        en: 'record N steps as a Chrome trace in the folder of the run',
        zh: '把 N 步记录为 Chrome 跟踪文件，存入训练目录',
      },
    },
    hosts: {
      kind: 'text',
      value: 'A,B',
      help: {
        en: 'start nothing; print what to run on each of these machines',
        zh: '不启动训练，只打印要在每台机器上运行的命令',
      },
    },
    ...FOLLOW_OPTIONS,
  },
  run: async (context) => {
    const { args, session } = context;
    const profileSteps = args.text('profile-steps');
    const settings =
      profileSteps === undefined
        ? args.list('set')
        : [...args.list('set'), `hardware.profileSteps=${profileSteps}`];
    const file = args.required(0, 'RECIPE');
    const recipe = withSettings(readRecipe(file), settings);
    const hosts = args.text('hosts');
    if (hosts !== undefined) return sayLines(context, file, recipe, settings, hosts);
    const client = await session.open('write');
    const queue = args.flag('queue');
    const started = await client.call('runs.start', { recipe, force: args.flag('force'), queue });
    context.terminal.say(`${context.terminal.language === 'zh' ? '训练记录' : 'run'} ${started.runId}`);
    if (queue) {
      const { items } = await client.call('queue.list', {});
      const place = String(items.findIndex((item) => item.run.id === started.runId) + 1);
      context.terminal.say(
        context.terminal.words({
          en: `queued at place ${place}; \`legal-eagle serve\` starts what waits`,
          zh: `已排在队列第 ${place} 位；运行 \`legal-eagle serve\` 后依次启动`,
        }),
      );
      return { value: { ...started, place: Number(place) } };
    }
    if (args.flag('detach')) return { value: started };
    return followToEnd(context, client, started);
  },
};
