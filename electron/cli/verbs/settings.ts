import path from 'node:path';

import type { DataFolderView } from '../../shared/contract/methods/data-folder.ts';
import type { Settings } from '../../shared/contract/methods/settings.ts';
import { fromErrorBody } from '../../shared/contract/studio-error.ts';
import { formatBytes } from '../../shared/domain/figures.ts';
import type { StudioClient } from '../studio-session.ts';
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

export const settingsMove: Verb = {
  name: 'settings move',
  summary: {
    en: 'move the data folder: copied, checked, and used from the next start on',
    zh: '移动数据目录：复制并校验，下次启动起使用新目录',
  },
  usage: 'DIR',
  options: {},
  run: async ({ args, terminal, session, onInterrupt }) => {
    const target = path.resolve(args.required(0, 'DIR'));
    const client = await session.open('write');
    const off = onInterrupt(() => void client.call('dataFolder.cancelMove', {}));
    try {
      await client.call('dataFolder.move', { path: target });
      const view = await untilMoved(client, terminal);
      if (view.move.error !== undefined) throw fromErrorBody(view.move.error);
      if (view.move.state !== 'moved') return { value: view, exitCode: 1 };
      const isByHand = view.chosenBy === 'environment' || view.chosenBy === 'argument';
      terminal.say(
        isByHand
          ? terminal.words({
              en: `Copied and checked. From now on: LEGAL_EAGLE_HOME=${target} (or --home)`,
              zh: `已复制并校验。今后请使用：LEGAL_EAGLE_HOME=${target}（或 --home）`,
            })
          : terminal.words({
              en: `Copied and checked. The next start opens ${target}; Settings offers to delete the old folder.`,
              zh: `已复制并校验。下次启动使用 ${target}，可在“设置”中删除旧目录。`,
            }),
      );
      return { value: view };
    } finally {
      off();
    }
  },
};

function untilMoved(client: StudioClient, terminal: Terminal): Promise<DataFolderView> {
  return new Promise((resolve) => {
    const following = client.subscribe('dataFolder', ({ data }) => {
      const view = data as DataFolderView;
      const { state, doneBytes = 0, totalBytes = 0 } = view.move;
      if (state === 'copying' || state === 'checking') {
        const doing =
          state === 'copying'
            ? terminal.words({ en: 'copying', zh: '正在复制' })
            : terminal.words({ en: 'checking', zh: '正在校验' });
        terminal.progress(`${doing} ${formatBytes(doneBytes)}/${formatBytes(totalBytes)}`);
        return;
      }
      following.dispose();
      resolve(view);
    });
  });
}
