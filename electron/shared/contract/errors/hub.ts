import type { ErrorTable } from './error-table.ts';

export const HUB_ERRORS = {
  'hub.endpoint_invalid': {
    en: {
      message: '“{endpoint}” is not an address the studio can download from: {reason}.',
      cause:
        'A hub is reached by https; http is for this machine only, and a user name does not belong into an address.',
      action: 'Correct the address in the settings or the command, for example https://modelscope.cn.',
    },
    zh: {
      message: '无法从“{endpoint}”下载：{reason}。',
      cause: '模型平台须用 https 访问，http 仅限本机；地址中也不应包含用户名。',
      action: '请更正设置或命令中的地址，例如 https://modelscope.cn。',
    },
  },
  'hub.token_other_origin': {
    en: {
      message: 'The token is for {tokenOrigin} and is not sent to {origin}.',
      cause: 'A mirror belongs to somebody else, who could use the token as you.',
      action: 'Download from {origin} without an account, or choose the hub’s own address.',
    },
    zh: {
      message: '该访问令牌属于 {tokenOrigin}，不会发送到 {origin}。',
      cause: '镜像站由他人运营，对方可凭令牌以您的身份操作。',
      action: '请不选账号直接从 {origin} 下载，或改用平台官方地址。',
    },
  },
  'hub.air_gap': {
    en: {
      message: 'The settings cut this rig off from the network, so nothing is fetched from {origin}.',
      cause: 'With the air gap on, no job may connect to another machine.',
      action:
        'Turn the air gap off for the download, or copy the model folder here and add it as a local folder.',
    },
    zh: {
      message: '设置中已断开本机与网络的连接，不会从 {origin} 下载。',
      cause: '开启断网后，任何任务都不能连接其他机器。',
      action: '请在下载期间关闭断网，或把模型文件夹拷贝到本机后作为本地文件夹添加。',
    },
  },
  'hub.unreachable': {
    en: {
      message: '{origin} cannot be reached ({reason}).',
      cause:
        'It has not answered once: the address may be wrong, the network down, or the site blocked here.',
      action: 'Check the network and the address, choose a mirror or the other hub, then resume.',
    },
    zh: {
      message: '无法连接 {origin}（{reason}）。',
      cause: '该地址一次也没有响应：可能地址有误、网络不通，或此处无法访问该站点。',
      action: '请检查网络与地址，或改用镜像站、另一平台，然后继续下载。',
    },
  },
  'hub.tls': {
    en: {
      message: '{origin} does not prove who it is ({reason}).',
      cause:
        'Its certificate is not accepted. A firewall that opens encrypted traffic, or a wrong clock, is the usual reason.',
      action: 'Check the clock and the proxy of this machine; ask your administrator which address to use.',
    },
    zh: {
      message: '无法验证 {origin} 的身份（{reason}）。',
      cause: '其证书未通过验证，常见原因是会解密流量的防火墙，或本机时间不准。',
      action: '请检查本机时间与代理，并向管理员确认应使用的地址。',
    },
  },
  'hub.proxy': {
    en: {
      message: 'The proxy does not lead to {origin} ({reason}).',
      cause: 'The proxy of the settings does not answer or refuses the connection.',
      action: 'Correct or remove the proxy, then resume.',
    },
    zh: {
      message: '代理无法连接 {origin}（{reason}）。',
      cause: '设置中的代理没有响应，或拒绝了连接。',
      action: '请更正或移除代理，然后继续下载。',
    },
  },
  'hub.server_failing': {
    en: {
      message: '{origin} keeps failing ({reason}).',
      cause:
        'The hub answers, but with errors of its own or with a limit on requests, several times in a row.',
      action: 'Resume later; what has come is kept. A mirror or the other hub may work now.',
    },
    zh: {
      message: '{origin} 连续出错（{reason}）。',
      cause: '平台有响应，但多次返回自身错误或请求限制。',
      action: '请稍后继续，已下载的部分会保留；也可改用镜像站或另一平台。',
    },
  },
  'hub.token_needed': {
    en: {
      message: '{origin} wants to know who asks (HTTP {status}).',
      cause: 'The repository is private or gated, or does not exist: hubs do not tell strangers which.',
      action:
        'Check the id; if it is right, add an account of this hub under Settings › Accounts and choose it.',
    },
    zh: {
      message: '{origin} 要求先登录（HTTP {status}）。',
      cause: '仓库为私有或需申请访问，也可能并不存在；平台不会告诉未登录者是哪一种。',
      action: '请核对模型 ID；若无误，请在“设置 › 账号”添加该平台的账号并选用。',
    },
  },
  'hub.token_refused': {
    en: {
      message: '{origin} refuses the token (HTTP {status}).',
      cause:
        'It is wrong, has expired or was revoked; a hub may also answer this for a repository that is not yours.',
      action: 'Enter a new token under Settings › Accounts, then resume; what has come is kept.',
    },
    zh: {
      message: '{origin} 不接受该访问令牌（HTTP {status}）。',
      cause: '令牌有误、已过期或已撤销；仓库不属于您时平台也可能这样回应。',
      action: '请在“设置 › 账号”填写新令牌后继续，已下载的部分会保留。',
    },
  },
  'hub.forbidden': {
    en: {
      message: '{origin} does not let this account have the repository: {reason}',
      cause:
        'Gated models want their licence accepted on the hub’s page first; a private one wants its owner’s consent.',
      action: 'Open the model’s page on the hub, accept its terms with this account, then download again.',
    },
    zh: {
      message: '{origin} 不允许该账号获取此仓库：{reason}',
      cause: '需申请的模型须先在平台页面接受许可；私有模型须经所有者同意。',
      action: '请用该账号打开平台上的模型页面并接受条款，然后重新下载。',
    },
  },
  'hub.not_found': {
    en: {
      message: '{repository} has no “{revision}” on this hub.',
      cause:
        'The id or the branch is wrong, the model was removed, or it is private and the account cannot see it. Ids differ between hubs.',
      action: 'Check id and branch on the hub’s page; choose an account if the model is private.',
    },
    zh: {
      message: '该平台上没有 {repository} 的“{revision}”。',
      cause: '模型 ID 或分支有误，模型已被移除，或模型为私有而该账号无权查看。各平台的 ID 并不相同。',
      action: '请在平台页面核对 ID 与分支；私有模型请选择有权限的账号。',
    },
  },
  'hub.refused': {
    en: {
      message: '{origin} refuses the request (HTTP {status}): {reason}',
      cause: 'The hub does not accept what was asked, or its interface has changed.',
      action: 'Try another mirror or hub; if it persists, report it with the job’s log.',
    },
    zh: {
      message: '{origin} 拒绝了请求（HTTP {status}）：{reason}',
      cause: '平台不接受该请求，或其接口已变更。',
      action: '请改用其他镜像站或平台；若仍如此，请附任务日志反馈。',
    },
  },
  'hub.answer_invalid': {
    en: {
      message: 'What {origin} answers is not a hub’s answer: {reason}.',
      cause:
        'A sign-in page of the network, a proxy or a broken mirror stands in between, or the hub has changed.',
      action: 'Open the address in a browser; sign in to the network, or choose another mirror, then resume.',
    },
    zh: {
      message: '{origin} 的回应不是模型平台的回应：{reason}。',
      cause: '可能是网络登录页、代理或失效的镜像站，也可能平台接口已变更。',
      action: '请在浏览器中打开该地址，完成网络登录或另选镜像站，然后继续下载。',
    },
  },
  'hub.listing_truncated': {
    en: {
      message: 'Folder {folder} of the repository has more than {limit} entries, and the hub names no more.',
      cause: 'Files that are not listed cannot be checked, so an incomplete model would look whole.',
      action: 'Fetch the model from the other hub, or add it from a local folder.',
    },
    zh: {
      message: '仓库文件夹 {folder} 的条目超过 {limit} 个，平台不再列出其余部分。',
      cause: '未列出的文件无法核对，否则不完整的模型看起来会像完整的。',
      action: '请从另一平台下载，或从本地文件夹添加。',
    },
  },
  'hub.unsafe_name': {
    en: {
      message: 'The repository has a file that cannot lie here: {path} ({reason}).',
      cause:
        'Its name leads out of the folder, or is not a file name on every system. Such a name is never written.',
      action: 'Do not use this repository, or name the files to take so that this one is left out.',
    },
    zh: {
      message: '仓库中有不能写入本机的文件：{path}（{reason}）。',
      cause: '该名称指向文件夹之外，或在某些系统上不是合法文件名；本程序绝不写入。',
      action: '请勿使用该仓库；或指定要下载的文件，避开此文件。',
    },
  },
  'hub.name_collision': {
    en: {
      message: '{path} and {other} are one file on some systems.',
      cause: 'They differ in case or in the way a letter is written only; one would overwrite the other.',
      action: 'Name the files to take so that only one of them is among them.',
    },
    zh: {
      message: '{path} 与 {other} 在某些系统上是同一个文件。',
      cause: '二者仅大小写或字符编码形式不同，后者会覆盖前者。',
      action: '请指定要下载的文件，只保留其中一个。',
    },
  },
  'hub.too_many_files': {
    en: {
      message: '{files} files are more than a model has; the limit is {limit}.',
      cause: 'The repository holds many models or data, or the patterns are too wide.',
      action: 'Name the files or the folder to take.',
    },
    zh: {
      message: '文件数 {files} 超过一个模型应有的数量，上限为 {limit}。',
      cause: '仓库中可能有多个模型或数据，或匹配范围过宽。',
      action: '请指定要下载的文件或文件夹。',
    },
  },
  'hub.nothing_matches': {
    en: {
      message: 'No file of the repository matches {patterns}.',
      cause: 'Patterns compare the whole path, and upper and lower case differ.',
      action: 'Look at the list of files, then name them as they stand there.',
    },
    zh: {
      message: '仓库中没有文件匹配 {patterns}。',
      cause: '匹配的是完整路径，并区分大小写。',
      action: '请查看文件列表，按其中的名称填写。',
    },
  },
  'hub.no_weights': {
    en: {
      message: 'The repository has no safetensors weights in its top folder.',
      cause: 'It may hold GGUF files, weights in another folder, or no weights at all. GGUF found: {gguf}',
      action: 'Name the files to take, or choose the repository with the original weights.',
    },
    zh: {
      message: '该仓库的顶层文件夹中没有 safetensors 权重。',
      cause: '可能只有 GGUF 文件、权重在其他文件夹，或没有权重。找到的 GGUF：{gguf}',
      action: '请指定要下载的文件，或选择存放原始权重的仓库。',
    },
  },
  'hub.pickle_only': {
    en: {
      message: 'The repository has its weights as pickle files only ({file}).',
      cause: 'Opening a pickle file can run any program hidden in it, so the studio never loads one.',
      action:
        'Look for a repository with safetensors; or download these for the safe conversion, which reads them without running anything.',
    },
    zh: {
      message: '该仓库的权重只有 pickle 格式（{file}）。',
      cause: '打开 pickle 文件可能执行其中隐藏的程序，因此本程序从不加载。',
      action: '请寻找提供 safetensors 的仓库；或下载后用安全转换读取，转换过程不执行任何代码。',
    },
  },
  'hub.output_exists': {
    en: {
      message: '{path} already exists.',
      cause: 'A download never overwrites a folder.',
      action: 'Choose another folder, or remove this one yourself if you no longer need it.',
    },
    zh: {
      message: '{path} 已经存在。',
      cause: '下载从不覆盖已有文件夹。',
      action: '请另选文件夹；若确定不再需要，请自行删除后重试。',
    },
  },
  'hub.output_busy': {
    en: {
      message: 'Another download is writing {path} right now.',
      cause: 'A running process holds what it has fetched so far.',
      action: 'Wait until it has ended or stop it, then resume.',
    },
    zh: {
      message: '另一个下载任务正在写入 {path}。',
      cause: '有正在运行的进程占用已下载的部分。',
      action: '请等待该任务结束或将其停止，然后继续。',
    },
  },
  'hub.disk_full': {
    en: {
      message: 'The download to {path} needs {neededBytes} more bytes; {freeBytes} bytes are free.',
      cause: 'A model is kept whole on the disk before it can be used.',
      action: 'Free space on this disk or choose another one, then resume; what has come is kept.',
    },
    zh: {
      message: '下载到 {path} 还需要 {neededBytes} 字节，磁盘仅剩 {freeBytes} 字节。',
      cause: '模型须完整存到磁盘后才能使用。',
      action: '请清理该磁盘或改用其他磁盘，然后继续，已下载的部分会保留。',
    },
  },
  'hub.hash_mismatch': {
    en: {
      message: '{path} came {tries} times with other bytes than the hub’s list says.',
      cause:
        'Something on the way changes the file, or the hub’s copy is damaged. The wrong bytes were thrown away.',
      action: 'Download again from another mirror or hub; the files that are right are kept.',
    },
    zh: {
      message: '{path} 下载了 {tries} 次，内容都与平台列表不符。',
      cause: '传输途中文件被改动，或平台上的副本已损坏。错误内容已丢弃。',
      action: '请从其他镜像站或平台重新下载，正确的文件会保留。',
    },
  },
  'hub.revision_moved': {
    en: {
      message: '“{revision}” changed while it was downloaded ({path}).',
      cause: 'Somebody published a new version in between; files of two versions are never mixed.',
      action: 'Start the download again: files that did not change are kept.',
    },
    zh: {
      message: '下载期间“{revision}”发生了变化（{path}）。',
      cause: '有人在此期间发布了新版本；本程序不会混用两个版本的文件。',
      action: '请重新开始下载，未变化的文件会保留。',
    },
  },
  'hub.file_gone': {
    en: {
      message: '{path} stands in the hub’s list, but cannot be fetched (HTTP 404).',
      cause: 'A mirror may not have it yet, or the hub has removed its content.',
      action: 'Resume later, or from the hub’s own address or the other hub.',
    },
    zh: {
      message: '{path} 在平台列表中，但无法获取（HTTP 404）。',
      cause: '镜像站可能尚未同步，或平台已移除其内容。',
      action: '请稍后继续，或改用平台官方地址或另一平台。',
    },
  },
  'hub.no_hash': {
    en: {
      message: 'The hub publishes no hash of {path}; only its size was compared.',
      cause: 'Without a hash, damaged bytes on the way cannot be noticed.',
      action: 'Compare its SHA-256 in the model’s details with another source if it matters.',
    },
    zh: {
      message: '平台没有提供 {path} 的校验值，仅核对了大小。',
      cause: '没有校验值，就无法发现传输中的损坏。',
      action: '如有需要，请用模型详情中的 SHA-256 与其他来源核对。',
    },
  },
} as const satisfies ErrorTable;
