import type { Settings } from '../../shared/contract/methods/settings.ts';
import type { Terminal } from '../terminal.ts';
import type { Verb } from '../verb.ts';

const say = (settings: Settings, home: string, terminal: Terminal): void => {
  const words = (en: string, zh: string): string => terminal.words({ en, zh });
  terminal.say(`${words('data folder', '数据目录')}  ${home}`);
  terminal.say(
    `${words('air gap', '断网模式')}  ${settings.airGap ? words('on', '开') : words('off', '关')}`,
  );
  terminal.say(
    `${words('mirror', '软件源镜像')}  ${settings.mirror === '' ? words('none', '无') : settings.mirror}`,
  );
  for (const root of settings.grantedRoots) terminal.say(`${words('granted', '已授权')}  ${root}`);
};

export const settingsShow: Verb = {
  name: 'settings show',
  summary: { en: 'what is set on this machine', zh: '查看本机的设置' },
  usage: '',
  options: {},
  run: async ({ terminal, session }) => {
    const client = await session.open('read');
    const settings = await client.call('settings.get', {});
    say(settings, session.ports.home, terminal);
    return { value: { ...settings, home: session.ports.home } };
  },
};

export const settingsGrant: Verb = {
  name: 'settings grant',
  summary: {
    en: 'let browsers and windows choose files below a folder, from now on',
    zh: '允许浏览器和窗口今后选择某目录中的文件',
  },
  usage: 'DIR',
  options: {},
  run: async ({ args, terminal, session }) => {
    const folder = args.required(0, 'DIR');
    const client = await session.open('write');
    const settings = await client.call('settings.grantFolder', { path: folder });
    say(settings, session.ports.home, terminal);
    return { value: settings };
  },
};

export const settingsRevoke: Verb = {
  name: 'settings revoke',
  summary: { en: 'take a granted folder back', zh: '收回已授权的目录' },
  usage: 'DIR',
  options: {},
  run: async ({ args, terminal, session }) => {
    const root = args.required(0, 'DIR');
    const client = await session.open('write');
    const { grantedRoots } = await client.call('settings.get', {});
    if (!grantedRoots.includes(root)) throw args.invalid(`${root}: ${grantedRoots.join(', ') || '–'}`);
    const settings = await client.call('settings.revokeFolder', { root });
    say(settings, session.ports.home, terminal);
    return { value: settings };
  },
};
