import type { ErrorTable } from './error-table.ts';

export const UPLOAD_ERRORS = {
  'upload.token_needed': {
    en: {
      message: 'Nothing can be published on {origin} without an account.',
      cause: 'The job was given no token for this hub.',
      action: 'Add an account of this hub under Settings › Accounts and choose it.',
    },
    zh: {
      message: '未登录账号，无法发布到 {origin}。',
      cause: '任务没有收到该平台的访问令牌。',
      action: '请在“设置 › 账号”添加该平台的账号并选用。',
    },
  },
  'upload.token_refused': {
    en: {
      message: '{origin} does not accept the token.',
      cause: 'It is wrong, has expired, or was deleted on the hub’s page; a deleted token ends at once.',
      action: 'Make a new token on the hub’s page and enter it under Settings › Accounts.',
    },
    zh: {
      message: '{origin} 不接受该访问令牌。',
      cause: '令牌有误、已过期，或已在平台页面删除；删除后立即失效。',
      action: '请在平台页面创建新令牌，并在“设置 › 账号”中填写。',
    },
  },
  'upload.token_expired': {
    en: {
      message: '{origin} stopped accepting the token during the upload.',
      cause: 'It expired or was deleted while files were being sent. Files that arrived whole stay there.',
      action: 'Enter a new token under Settings › Accounts, then resume: only what is missing is sent.',
    },
    zh: {
      message: '上传途中，{origin} 不再接受该访问令牌。',
      cause: '令牌在传输期间过期或被删除。已完整送达的文件不受影响。',
      action: '请在“设置 › 账号”填写新令牌后继续，只会补传缺少的部分。',
    },
  },
  'upload.read_only_token': {
    en: {
      message: 'The token of “{username}” may read on {origin}, but not write.',
      cause: 'Tokens have a level; this one can look at models and download them only.',
      action: 'Make a token that may write on the hub’s page and enter it under Settings › Accounts.',
    },
    zh: {
      message: '“{username}”的访问令牌在 {origin} 上只能读取，不能写入。',
      cause: '令牌分权限级别，此令牌仅可浏览和下载。',
      action: '请在平台页面创建有写入权限的令牌，并在“设置 › 账号”中填写。',
    },
  },
  'upload.wrong_site': {
    en: {
      message: '{origin} does not accept the token. Was it made on {other}?',
      cause:
        'The Chinese and the international site have separate accounts and separate tokens. A token that has expired or was deleted is refused in the same way.',
      action: 'Add the account with the site it was made on, or make a new token on {origin}.',
    },
    zh: {
      message: '{origin} 不接受该访问令牌。它是否在 {other} 创建？',
      cause: '国内站与国际站的账号和令牌互不相通；令牌过期或已删除时也会这样回应。',
      action: '请按创建令牌的站点添加账号，或在 {origin} 创建新令牌。',
    },
  },
  'upload.repository_name_invalid': {
    en: {
      message: '“{repository}” cannot be the name of a repository.',
      cause:
        'A name has 1 to 96 letters, digits, “-”, “_” and “.”, begins and ends with a letter or digit, and has neither “--” nor “..” in it.',
      action: 'Choose another name.',
    },
    zh: {
      message: '“{repository}”不能用作仓库名。',
      cause: '名称须为 1 至 96 个字母、数字、“-”、“_”或“.”，首尾为字母或数字，且不含“--”或“..”。',
      action: '请换一个名称。',
    },
  },
  'upload.name_taken': {
    en: {
      message: 'The name {repository} is taken, and this account cannot see what is there.',
      cause: 'Somebody else has it, or it belongs to an organisation in which this account has no role.',
      action: 'Choose another name.',
    },
    zh: {
      message: '名称 {repository} 已被占用，且该账号无权查看。',
      cause: '该名称属于他人，或属于该账号没有权限的组织。',
      action: '请换一个名称。',
    },
  },
  'upload.namespace_refused': {
    en: {
      message: 'This account may not publish under “{owner}”: {reason}',
      cause: 'The owner does not exist on this hub, or the account’s role there does not allow it.',
      action: 'Publish under your own name, or ask the organisation for a role that may write.',
    },
    zh: {
      message: '该账号不能以“{owner}”的名义发布：{reason}',
      cause: '平台上没有该用户或组织，或该账号在其中的权限不足。',
      action: '请以自己的用户名发布，或向该组织申请写入权限。',
    },
  },
  'upload.create_refused': {
    en: {
      message: 'The hub does not create {repository} (HTTP {status}): {reason}',
      cause: 'It does not accept the name, the licence or something else that was asked.',
      action: 'Follow the hub’s words; nothing was sent yet.',
    },
    zh: {
      message: '平台未能创建 {repository}（HTTP {status}）：{reason}',
      cause: '平台不接受其中的名称、许可协议或其他内容。',
      action: '请按平台的提示修改；此时尚未发送任何文件。',
    },
  },
  'upload.repository_exists': {
    en: {
      message: '{repository} exists already and is yours.',
      cause: 'A new release was asked for, and an upload never changes an existing repository unasked.',
      action: 'Choose another name, or update this repository after looking at what would change.',
    },
    zh: {
      message: '{repository} 已存在，且属于您。',
      cause: '当前选择的是新建发布，上传不会擅自改动已有仓库。',
      action: '请换一个名称，或查看变更后选择更新该仓库。',
    },
  },
  'upload.repository_public': {
    en: {
      message: '{repository} is public: everybody would see the new files at once.',
      cause: 'Uploads go to private repositories unless you say otherwise.',
      action: 'Confirm that a public repository may be changed, or choose another name.',
    },
    zh: {
      message: '{repository} 是公开仓库，新文件会立即对所有人可见。',
      cause: '除非您另行确认，上传只面向私有仓库。',
      action: '请确认允许更新公开仓库，或换一个名称。',
    },
  },
  'upload.repository_missing': {
    en: {
      message: '{repository} is not there, or this account cannot see it.',
      cause: 'It was removed or renamed on the hub’s page, or belongs to another account.',
      action: 'Check the name and the account.',
    },
    zh: {
      message: '{repository} 不存在，或该账号无权查看。',
      cause: '仓库可能已在平台页面删除或改名，或属于其他账号。',
      action: '请核对名称与账号。',
    },
  },
  'upload.not_private': {
    en: {
      message: 'The hub does not confirm that {repository} is private. Nothing was sent.',
      cause: 'It was asked for a private repository and now says: {state}.',
      action: 'Open the repository’s settings on the hub’s page, make it private, then try again.',
    },
    zh: {
      message: '平台未确认 {repository} 为私有，未发送任何文件。',
      cause: '请求的是私有仓库，平台返回的状态却是：{state}。',
      action: '请在平台页面的仓库设置中改为私有，然后重试。',
    },
  },
  'upload.visibility_unchanged': {
    en: {
      message: '{repository} is still {state}.',
      cause: 'The hub took the request but says otherwise when asked again; a review may stand in between.',
      action: 'Look at the repository’s settings on the hub’s page, or try again later.',
    },
    zh: {
      message: '{repository} 的可见性仍为 {state}。',
      cause: '平台接受了请求，再次查询时却未改变，可能仍在审核。',
      action: '请在平台页面查看仓库设置，或稍后重试。',
    },
  },
  'upload.quota_exceeded': {
    en: {
      message: 'The account’s space on {origin} is used up: {reason}',
      cause: 'Hubs limit what an account may keep, private repositories most of all.',
      action: 'Free space on the hub’s page or ask it for more, then resume.',
    },
    zh: {
      message: '该账号在 {origin} 的空间已用完：{reason}',
      cause: '平台限制账号的存储总量，私有仓库的额度更少。',
      action: '请在平台页面清理空间或申请扩容，然后继续。',
    },
  },
  'upload.file_refused': {
    en: {
      message: '{path} is never uploaded.',
      cause:
        'Only files of a release leave this rig. Keys, settings of the machine, logs, optimizer states and pickle files stay here.',
      action: 'Take the file out of the release.',
    },
    zh: {
      message: '{path} 不会上传。',
      cause: '只有发布所需的文件会离开本机；密钥、本机配置、日志、优化器状态与 pickle 文件均不上传。',
      action: '请从发布内容中移除该文件。',
    },
  },
  'upload.path_unsafe': {
    en: {
      message: '“{path}” cannot be a file of a repository.',
      cause: 'Names are relative, with single slashes, and without what some system cannot write ({reason}).',
      action: 'Rename the file.',
    },
    zh: {
      message: '“{path}”不能作为仓库中的文件名。',
      cause: '文件名须为相对路径，以单个斜杠分隔，且不含部分系统无法写入的内容（{reason}）。',
      action: '请重命名该文件。',
    },
  },
  'upload.path_collision': {
    en: {
      message: '{path} and {other} are one name on some systems.',
      cause: 'Windows and macOS do not tell capitals apart; whoever downloads there would get one of them.',
      action: 'Rename one of the files.',
    },
    zh: {
      message: '{path} 与 {other} 在部分系统上是同一个名称。',
      cause: 'Windows 与 macOS 不区分大小写，在这些系统上下载只能得到其中一个。',
      action: '请重命名其中一个文件。',
    },
  },
  'upload.file_missing': {
    en: {
      message: '{path} cannot be read ({reason}).',
      cause: 'The file was moved or removed, or the studio may not open it.',
      action: 'Put the file back or export again, then resume.',
    },
    zh: {
      message: '无法读取 {path}（{reason}）。',
      cause: '文件已移动、删除，或没有读取权限。',
      action: '请恢复该文件或重新导出，然后继续。',
    },
  },
  'upload.file_changed': {
    en: {
      message: '{path} keeps changing while it is uploaded.',
      cause: 'Another program is writing it: the bytes that leave are not those that were hashed.',
      action: 'Wait until the export has ended or stop the other program, then resume.',
    },
    zh: {
      message: '{path} 在上传期间不断变化。',
      cause: '有其他程序正在写入该文件，送出的内容与校验时不一致。',
      action: '请等待导出结束或关闭该程序，然后继续。',
    },
  },
  'upload.file_too_large': {
    en: {
      message: '{path} has {bytes} bytes; the hub takes {limitBytes} in one file.',
      cause: 'The limit is the hub’s. Nothing was sent yet.',
      action: 'Export again with smaller shards, or with a smaller quantisation.',
    },
    zh: {
      message: '{path} 有 {bytes} 字节，平台单个文件的上限为 {limitBytes} 字节。',
      cause: '这是平台的限制，此时尚未发送任何文件。',
      action: '请用更小的分片或量化规格重新导出。',
    },
  },
  'upload.too_many_files': {
    en: {
      message: '{files} files are more than one commit of this hub takes ({limit}).',
      cause: 'A release is one commit, so that nobody ever sees half of it.',
      action: 'Export with larger shards or leave files out.',
    },
    zh: {
      message: '{files} 个文件超出该平台单次提交的上限（{limit}）。',
      cause: '一次发布就是一次提交，这样任何人都不会看到不完整的内容。',
      action: '请用更大的分片导出，或减少文件。',
    },
  },
  'upload.commit_too_large': {
    en: {
      message: 'The hub refuses the commit for its size (HTTP {status}): {reason}',
      cause: 'Small files travel inside the commit itself. The studio stays below the known limit.',
      action: 'Report it with the job’s log; all large files are kept and need not be sent again.',
    },
    zh: {
      message: '平台因体积拒绝了提交（HTTP {status}）：{reason}',
      cause: '小文件随提交一并发送，程序已控制在已知上限之内。',
      action: '请附任务日志反馈；已送达的大文件无需重传。',
    },
  },
  'upload.commit_refused': {
    en: {
      message: 'The hub refuses the commit (HTTP {status}): {reason}',
      cause: 'Its rules or its content review do not accept it. Nothing of it became visible.',
      action: 'Change what the hub names and try again: files that arrived are not sent again.',
    },
    zh: {
      message: '平台拒绝了提交（HTTP {status}）：{reason}',
      cause: '内容未通过平台规则或审核，仓库没有任何变化。',
      action: '请按平台的提示修改后重试；已送达的文件无需重传。',
    },
  },
  'upload.blob_refused': {
    en: {
      message: '{origin} does not take {path} (HTTP {status}): {reason}',
      cause:
        'The bytes did not arrive as they were announced, or the place to send them to was no longer valid.',
      action: 'Resume; if it persists, report it with the job’s log.',
    },
    zh: {
      message: '{origin} 未接收 {path}（HTTP {status}）：{reason}',
      cause: '到达的内容与声明不符，或上传地址已失效。',
      action: '请继续上传；若仍如此，请附任务日志反馈。',
    },
  },
  'upload.verify_mismatch': {
    en: {
      message: 'After the commit {count} files on the hub are not what was sent: {paths}',
      cause: 'The hub’s list has another size or hash for them, or does not have them.',
      action: 'Upload again: files that are right are not sent a second time.',
    },
    zh: {
      message: '提交后，平台上有 {count} 个文件与发送的不一致：{paths}',
      cause: '平台列表中这些文件的大小或校验值不同，或文件缺失。',
      action: '请重新上传，一致的文件不会重复发送。',
    },
  },
  'upload.mirror_refused': {
    en: {
      message: '{origin} is a mirror; nothing is uploaded there.',
      cause: 'A mirror belongs to somebody else, who could use the token as you.',
      action: 'Publish to the hub’s own address.',
    },
    zh: {
      message: '{origin} 是镜像站，不会向其上传。',
      cause: '镜像站由他人运营，对方可凭令牌以您的身份操作。',
      action: '请发布到平台官方地址。',
    },
  },
} as const satisfies ErrorTable;
