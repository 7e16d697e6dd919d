import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import { describeError } from '../../shared/contract/errors/index.ts';
import { gpuLines } from '../gpu-text.ts';
import type { Verb } from '../verb.ts';

type Check = Readonly<{ name: string; ok: boolean; detail: string; code?: string }>;

const check = async (name: string, work: () => Promise<string>): Promise<Check> => {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    const { code, params } = toErrorBody(error);
    return { name, ok: false, code, detail: JSON.stringify(params) };
  }
};

export const doctor: Verb = {
  name: 'doctor',
  summary: {
    en: 'check this machine, the environment and the data folder',
    zh: '检查本机、运行环境与数据目录',
  },
  usage: '[--rebuild-database]',
  options: {
    'rebuild-database': {
      kind: 'flag',
      help: {
        en: 'make the database anew from runs, datasets, models and releases',
        zh: '根据训练、数据集、模型与发布目录重建数据库',
      },
    },
  },
  run: async ({ args, terminal, session }) => {
    const { runtime, home } = session.ports;
    const rebuilt = args.flag('rebuild-database') ? await session.ports.rebuildDatabase() : undefined;
    const checks = [
      await check('node', () => Promise.resolve(process.version)),
      await check('python', async () => {
        const found = await runtime.findPython();
        return `${found.version} ${found.executable}`;
      }),
      await check('runtime', async () => {
        const report = await runtime.selfTest(session.variant);
        return `torch ${report.torch.version}, Python ${report.python}`;
      }),
      await check('data folder', async () => {
        const client = await session.open('read');
        const info = await client.call('app.info', {});
        if (info.readOnly) throw new StudioError('core.read_only', { owner: 'another studio' });
        return info.dataFolder;
      }),
    ];
    const gpu = await session.ports.core.gpu.list();
    const choice = await runtime.choice();
    terminal.say(home);
    for (const one of checks) {
      terminal.say(`${one.ok ? '✓' : '✗'} ${one.name}: ${one.detail}`);
      if (one.code !== undefined) {
        const text = describeError({ code: one.code, params: {} }, terminal.language);
        terminal.say(`    ${text.message} ${text.action}`);
      }
    }
    const [first = '', ...cards] = gpuLines(gpu, terminal);
    terminal.say(`${gpu.state === 'failed' ? '✗' : '✓'} gpu: ${first}`);
    for (const line of cards) terminal.say(`    ${line}`);
    terminal.say(`${choice.kind === 'refused' ? '✗' : '✓'} ${choice.reason[terminal.language]}`);
    const value = { home, checks, gpu, choice, ...(rebuilt === undefined ? {} : { rebuilt }) };
    return { value, exitCode: checks.every((one) => one.ok) ? 0 : 1 };
  },
};
