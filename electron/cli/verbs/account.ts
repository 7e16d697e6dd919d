import type { Account } from '../../shared/contract/methods/accounts.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import { HUBS } from '../../shared/domain/hub-endpoints.ts';
import { SecretInput } from '../read-secret.ts';
import { PASSPHRASE_PROMPT, unlockVault } from '../unlock-vault.ts';
import type { Verb } from '../verb.ts';

const lineOf = ({ canWrite, hub, id, label, origin, token, username }: Account): string =>
  [
    id,
    hub,
    origin,
    username ?? label,
    token,
    ...(canWrite === undefined ? [] : [canWrite ? 'write' : 'read']),
  ].join('  ');

const accountAdd: Verb = {
  name: 'account add',
  summary: {
    en: 'add an account of a hub; the token is read from standard input, or typed unseen',
    zh: '添加平台账号；令牌从标准输入读取，或在提示后输入（不显示）',
  },
  usage: '--hub HUB [--endpoint ADDRESS] [--agree ORIGIN] [--label NAME] [--vault] < TOKEN-FILE',
  options: {
    hub: {
      kind: 'text',
      value: HUBS.join('|'),
      help: { en: 'which hub (default: modelscope)', zh: '平台（默认 modelscope）' },
    },
    endpoint: {
      kind: 'text',
      value: 'ADDRESS',
      help: { en: 'its address, where it is another', zh: '平台地址（非默认时填写）' },
    },
    agree: {
      kind: 'text',
      value: 'ORIGIN',
      help: {
        en: 'that a token may go to this origin, which is not the hub’s own',
        zh: '同意把令牌发送到该非官方地址',
      },
    },
    vault: {
      kind: 'flag',
      help: {
        en: 'keep tokens in a vault of this data folder; its passphrase is the next line',
        zh: '将令牌存入此数据目录的保险库，下一行输入其口令',
      },
    },
    label: { kind: 'text', value: 'NAME', help: { en: 'what to call it', zh: '显示名称' } },
  },
  run: async ({ args, terminal, session }) => {
    const [endpoint, agreedOrigin, label] = [args.text('endpoint'), args.text('agree'), args.text('label')];
    const hub = args.choice('hub', HUBS) ?? 'modelscope';
    const client = await session.open('write');
    const { offers, place, vault } = await client.call('accounts.status', {});
    const needsVault = args.flag('vault') && vault === 'none';
    // This process is the whole session: what it alone remembers is lost before anybody could use it.
    if (place === 'session' && !needsVault) throw new StudioError('cli.token_not_kept', { offers });
    const input = new SecretInput((text) => terminal.say(text));
    try {
      const token = await input.next(terminal.words({ en: 'Token (not shown): ', zh: '令牌（不显示）：' }));
      if (token === undefined) throw new StudioError('cli.no_token', {});
      if (vault === 'locked' || needsVault) {
        const passphrase = (await input.next(terminal.words(PASSPHRASE_PROMPT))) ?? '';
        if (needsVault) await client.call('accounts.keepIn', { place: 'vault', passphrase });
        else await client.call('accounts.unlock', { passphrase });
      }
      const account = await client.call('accounts.put', {
        hub,
        token,
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(agreedOrigin === undefined ? {} : { agreedOrigin }),
        ...(label === undefined ? {} : { label }),
      });
      terminal.say(lineOf(account));
      return { value: { account } };
    } finally {
      input.close();
    }
  },
};

const accountList: Verb = {
  name: 'account list',
  summary: { en: 'accounts of hubs, without their tokens', zh: '列出平台账号（不含令牌）' },
  usage: '',
  options: {},
  run: async ({ terminal, session }) => {
    const client = await session.open('read');
    const { items } = await client.call('accounts.list', {});
    for (const account of items) terminal.say(lineOf(account));
    return { value: { accounts: items } };
  },
};

const accountVerify: Verb = {
  name: 'account verify',
  summary: {
    en: 'ask the hub whose token it is and whether it may write',
    zh: '向平台确认令牌归属及是否可写',
  },
  usage: 'ACCOUNT',
  options: {},
  run: async ({ args, terminal, session }) => {
    const client = await session.open('write');
    await unlockVault(client, terminal);
    const account = await client.call('accounts.verify', { account: args.required(0, 'ACCOUNT') });
    terminal.say(lineOf(account));
    return { value: { account } };
  },
};

const accountRemove: Verb = {
  name: 'account remove',
  summary: {
    en: 'forget an account and its token; revoke the token at the hub too',
    zh: '移除账号及其令牌；还请到平台撤销该令牌',
  },
  usage: 'ACCOUNT',
  options: {},
  run: async ({ args, terminal, session }) => {
    const client = await session.open('write');
    await unlockVault(client, terminal);
    await client.call('accounts.remove', { account: args.required(0, 'ACCOUNT') });
    return { value: {} };
  },
};

export const ACCOUNT_VERBS: readonly Verb[] = [accountAdd, accountList, accountVerify, accountRemove];
