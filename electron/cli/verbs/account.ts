import type { Account } from '../../shared/contract/methods/accounts.ts';
import { HUBS } from '../../shared/domain/hub-endpoints.ts';
import { readSecret } from '../read-secret.ts';
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
  usage: '--hub HUB [--endpoint ADDRESS] [--agree ORIGIN] [--label NAME] < TOKEN-FILE',
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
    label: { kind: 'text', value: 'NAME', help: { en: 'what to call it', zh: '显示名称' } },
  },
  run: async ({ args, terminal, session }) => {
    const [endpoint, agreedOrigin, label] = [args.text('endpoint'), args.text('agree'), args.text('label')];
    const hub = args.choice('hub', HUBS) ?? 'modelscope';
    const prompt = terminal.words({ en: 'Token (not shown): ', zh: '令牌（不显示）：' });
    const token = await readSecret(prompt, (text) => terminal.say(text));
    const client = await session.open('write');
    const account = await client.call('accounts.put', {
      hub,
      token,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(agreedOrigin === undefined ? {} : { agreedOrigin }),
      ...(label === undefined ? {} : { label }),
    });
    terminal.say(lineOf(account));
    return { value: { account } };
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
  run: async ({ args, session }) => {
    const client = await session.open('write');
    await client.call('accounts.remove', { account: args.required(0, 'ACCOUNT') });
    return { value: {} };
  },
};

export const ACCOUNT_VERBS: readonly Verb[] = [accountAdd, accountList, accountVerify, accountRemove];
