import type { ErrorTable } from './error-table.ts';

export const SERVER_ERRORS = {
  'server.host_refused': {
    en: {
      message: 'The address this page was opened with is not one of this server.',
      cause:
        'A foreign name that resolves to this machine could let another site act here, so unknown names are refused.',
      action: 'Open the address that `serve` printed, exactly as printed.',
    },
    zh: {
      message: '打开此页面所用的地址不属于本服务。',
      cause: '外部域名若解析到本机，可能使其他网站冒用此服务，因此拒绝未知名称。',
      action: '请使用 `serve` 打印的地址原样打开。',
    },
  },
  'server.origin_refused': {
    en: {
      message: 'Another site tried to use this server.',
      cause: 'The request came from a page that this server did not send.',
      action: 'Open the address that `serve` printed, and close the other page.',
    },
    zh: {
      message: '有其他网站试图使用本服务。',
      cause: '该请求来自并非由本服务提供的页面。',
      action: '请打开 `serve` 打印的地址，并关闭那个页面。',
    },
  },
  'server.request_refused': {
    en: {
      message: 'The request is not one that the studio’s own page makes.',
      cause: 'It lacks the header or the content type that a form on another site cannot send.',
      action: 'Open the address that `serve` printed in a browser.',
    },
    zh: {
      message: '该请求不是由程序自身页面发出的。',
      cause: '它缺少其他网站表单无法附带的请求头或内容类型。',
      action: '请在浏览器中打开 `serve` 打印的地址。',
    },
  },
  'server.token_invalid': {
    en: {
      message: 'The link has been used or is wrong.',
      cause: 'The token in the printed address works once.',
      action: 'Restart `serve` and open the new address.',
    },
    zh: {
      message: '链接已被使用或有误。',
      cause: '打印的地址中的令牌只能使用一次。',
      action: '请重新运行 `serve` 并打开新地址。',
    },
  },
  'server.session_missing': {
    en: {
      message: 'This browser is not signed in to the studio.',
      cause: 'The session ended when the server was restarted, or the address was opened without its token.',
      action: 'Open the address that `serve` printed.',
    },
    zh: {
      message: '此浏览器尚未登录程序。',
      cause: '服务重启后会话即失效，或打开地址时缺少令牌。',
      action: '请打开 `serve` 打印的地址。',
    },
  },
  'server.too_many_attempts': {
    en: {
      message: 'Too many wrong tokens were tried.',
      cause: 'Sign-in pauses for a minute after ten wrong tokens, so that nobody can guess one.',
      action: 'Wait a minute, then open the printed address again.',
    },
    zh: {
      message: '错误令牌的尝试次数过多。',
      cause: '为防止猜测，连续十次错误后登录暂停一分钟。',
      action: '请等待一分钟，再打开打印的地址。',
    },
  },
} as const satisfies ErrorTable;
