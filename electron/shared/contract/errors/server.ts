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
  'server.certificate_required': {
    en: {
      message: 'The address {host} is reachable from other machines, so it needs a certificate.',
      cause: 'Without TLS everyone on the network could read your rows and take over the session.',
      action: 'Tunnel instead (ssh -L 4178:127.0.0.1:4178 user@rig), or give --cert and --key.',
    },
    zh: {
      message: '地址 {host} 可被其他机器访问，因此需要证书。',
      cause: '不使用 TLS 时，同一网络中的任何人都能读取数据并接管会话。',
      action: '请改用 SSH 隧道（ssh -L 4178:127.0.0.1:4178 用户@主机），或提供 --cert 与 --key。',
    },
  },
  'server.certificate_unreadable': {
    en: {
      message: 'The certificate or its key cannot be used.',
      cause: 'A file is missing or is not PEM, or the key does not belong to the certificate.',
      action: 'Check the files given with --cert and --key.',
    },
    zh: {
      message: '证书或其密钥无法使用。',
      cause: '文件不存在、不是 PEM 格式，或密钥与证书不匹配。',
      action: '请检查 --cert 与 --key 指定的文件。',
    },
  },
  'server.port_in_use': {
    en: {
      message: 'Port {port} cannot be used.',
      cause: 'Another program listens on it, or it is reserved for the system.',
      action: 'Choose another one with --port, or leave it out to take any free port.',
    },
    zh: {
      message: '端口 {port} 无法使用。',
      cause: '已有其他程序占用该端口，或该端口为系统保留。',
      action: '请用 --port 指定其他端口，或省略以自动选择空闲端口。',
    },
  },
  'server.host_unusable': {
    en: {
      message: 'This machine has no address {host}.',
      cause: 'The server can listen only on an address of this machine.',
      action: 'Give an address of this machine with --host, or leave it out.',
    },
    zh: {
      message: '本机没有地址 {host}。',
      cause: '服务只能监听本机拥有的地址。',
      action: '请用 --host 指定本机地址，或省略该选项。',
    },
  },
  'server.renderer_missing': {
    en: {
      message: 'The pages of the studio could not be built.',
      cause: 'The build of the renderer failed; the detail says where.',
      action: 'Run `npm run build:renderer` and read its output.',
    },
    zh: {
      message: '界面未能构建。',
      cause: '界面构建失败，详情中有出错位置。',
      action: '请运行 `npm run build:renderer` 并查看输出。',
    },
  },
  'server.path_refused': {
    en: {
      message: 'The browser may not use {path}.',
      cause: 'A browser reaches only the folders granted on the rig: {roots}.',
      action: 'Choose a file below one of them, upload it, or restart `serve` with --grant and its folder.',
    },
    zh: {
      message: '浏览器不能使用 {path}。',
      cause: '浏览器只能访问主机上已授权的目录：{roots}。',
      action: '请选择这些目录中的文件、上传文件，或用 --grant 指定其目录后重新运行 `serve`。',
    },
  },
  'server.grants_fixed': {
    en: {
      message: 'A browser cannot grant itself further folders.',
      cause: 'Whoever signs in over the network would otherwise reach every file of the rig.',
      action:
        'On the rig, restart `serve` with --grant and the folder, or remember it with `legal-eagle settings grant`.',
    },
    zh: {
      message: '浏览器不能为自己授权更多目录。',
      cause: '否则任何经网络登录的人都能读取主机上的全部文件。',
      action: '请在主机上用 --grant 指定目录后重新运行 `serve`，或用 `legal-eagle settings grant` 长期授权。',
    },
  },
  'server.upload_name': {
    en: {
      message: 'A file cannot be kept under the name {name}.',
      cause: 'The name is empty, too long, or holds characters that a path or a system device uses.',
      action: 'Rename the file and upload it again.',
    },
    zh: {
      message: '无法以 {name} 为名保存文件。',
      cause: '文件名为空、过长，或含有路径与系统设备使用的字符。',
      action: '请重命名文件后再次上传。',
    },
  },
  'server.upload_length': {
    en: {
      message: 'The upload does not say how long it is.',
      cause: 'Without its length an upload that is cut short would look whole.',
      action: 'Upload the file with the studio’s own page.',
    },
    zh: {
      message: '上传未注明文件长度。',
      cause: '缺少长度时，中途截断的文件会被误认为完整。',
      action: '请使用程序自身页面上传文件。',
    },
  },
  'server.upload_cut': {
    en: {
      message: 'The upload was cut short; nothing of it was kept.',
      cause: '{received} of {bytes} bytes arrived.',
      action: 'Upload the file again.',
    },
    zh: {
      message: '上传中断，未保留任何内容。',
      cause: '共 {bytes} 字节，只收到 {received} 字节。',
      action: '请重新上传该文件。',
    },
  },
  'server.upload_too_large': {
    en: {
      message: 'The file is larger than this server takes.',
      cause: 'It has {bytes} bytes; the limit is {maxBytes}.',
      action: 'Copy it to the rig and choose it there, or restart `serve` with a larger --max-upload-gb.',
    },
    zh: {
      message: '文件超出本服务的上传上限。',
      cause: '文件 {bytes} 字节，上限 {maxBytes} 字节。',
      action: '请将文件拷贝到主机后在主机上选择，或用更大的 --max-upload-gb 重新运行 `serve`。',
    },
  },
  'server.disk_full': {
    en: {
      message: 'The rig’s disk has no room for this file.',
      cause: 'It has {bytes} bytes, and {freeBytes} are free beyond what training needs.',
      action: 'Free some space on the rig and upload again.',
    },
    zh: {
      message: '主机磁盘空间不足，无法保存该文件。',
      cause: '文件 {bytes} 字节，除训练预留外仅剩 {freeBytes} 字节。',
      action: '请清理主机磁盘后重新上传。',
    },
  },
} as const satisfies ErrorTable;
