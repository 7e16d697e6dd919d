import type { ErrorTable } from './error-table.ts';

export const ACCOUNT_ERRORS = {
  'accounts.not_verified': {
    en: {
      message: '{origin} did not say in time whose token “{account}” is.',
      cause: 'The hub cannot be reached, or keeps failing.',
      action: 'Check the network and ask again; nothing was changed.',
    },
    zh: {
      message: '{origin} 未能及时确认账号“{account}”的令牌。',
      cause: '平台无法连接，或连续出错。',
      action: '请检查网络后重新验证；未做任何更改。',
    },
  },
  'accounts.endpoint_refused': {
    en: {
      message: 'No token is sent to this address: {endpoint}',
      cause: 'It is not an https address, or it carries a user name.',
      action: 'Enter the address of the hub as https://…, without a user name.',
    },
    zh: {
      message: '不会向此地址发送访问令牌：{endpoint}',
      cause: '该地址不是 https 地址，或其中含有用户名。',
      action: '请以 https:// 开头填写平台地址，不要包含用户名。',
    },
  },
  'accounts.endpoint_not_allowed': {
    en: {
      message: '{origin} is not an address of this hub.',
      cause:
        'Whoever runs that address could use the token as you. The studio knows these as the hub’s own: {known}.',
      action: 'Agree to {origin} only if you trust it, and use a token made for it.',
    },
    zh: {
      message: '{origin} 不是该平台的官方地址。',
      cause: '该地址的运营者可凭此令牌以您的身份操作。已知的官方地址：{known}。',
      action: '仅当您信任 {origin} 时才确认，并请使用专为它创建的令牌。',
    },
  },
  'accounts.other_origin': {
    en: {
      message: 'The token of “{account}” is not for {origin}.',
      cause: 'It was entered for {bound}, and a token never goes anywhere else.',
      action: 'Choose an account of {origin}, or add one.',
    },
    zh: {
      message: '账号“{account}”的令牌不能用于 {origin}。',
      cause: '该令牌是为 {bound} 填写的，不会发送到其他地址。',
      action: '请选择 {origin} 的账号，或添加一个。',
    },
  },
  'accounts.handed_over': {
    en: {
      message: 'This account was handed over by {variable}.',
      cause: 'The studio read it when it started and keeps nothing of it.',
      action: 'Change or remove {variable} where the studio is started, then start it again.',
    },
    zh: {
      message: '该账号由 {variable} 提供。',
      cause: '程序仅在启动时读取，不会保存。',
      action: '请在启动程序的环境中修改或移除 {variable}，然后重新启动。',
    },
  },
  'accounts.token_missing': {
    en: {
      message: 'The token of “{account}” is no longer there.',
      cause: 'It was kept for one session only, or the place that kept it is gone.',
      action: 'Enter the token again.',
    },
    zh: {
      message: '账号“{account}”的令牌已不存在。',
      cause: '令牌仅保存到上次退出为止，或保存它的位置已不可用。',
      action: '请重新填写令牌。',
    },
  },
} as const satisfies ErrorTable;
