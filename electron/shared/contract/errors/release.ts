import type { ErrorTable } from './error-table.ts';

export const RELEASE_ERRORS = {
  'release.no_adapter': {
    en: {
      message: 'The run “{run}” has no adapter to release.',
      cause:
        'It trained the whole model, or it ended before its first checkpoint, or the step that was asked for has none.',
      action: 'Choose a step that has a checkpoint; what trained the whole model is released as a model.',
    },
    zh: {
      message: '训练“{run}”没有可发布的适配器。',
      cause: '该训练为全参数微调，或在首个检查点之前结束，或所选步数没有检查点。',
      action: '请选择有检查点的步数；全参数微调的结果请从“模型”发布。',
    },
  },
  'release.part_kind': {
    en: {
      message: '“{model}” cannot be released as this part.',
      cause: 'A release holds what was made here: an adapter, a merged or tuned model, or a GGUF file.',
      action: 'Choose a merged model, a GGUF model, or the run whose adapter it is.',
    },
    zh: {
      message: '“{model}”不能作为这一项发布。',
      cause: '可发布的是在此制作的内容：适配器、合并或微调后的模型，以及 GGUF 文件。',
      action: '请选择合并后的模型、GGUF 模型，或产生该适配器的训练。',
    },
  },
  'release.no_run': {
    en: {
      message: 'The run that made “{model}” is no longer here.',
      cause:
        'The model card is written from the history of that run; without it nothing could be vouched for.',
      action: 'Restore the run from the trash, or release the model’s folder by the hub’s own tools.',
    },
    zh: {
      message: '产生“{model}”的训练记录已不在。',
      cause: '模型卡根据训练记录生成，缺少记录便无从说明。',
      action: '请从回收站恢复该训练，或用平台自带的工具上传模型文件夹。',
    },
  },
  'release.no_files': {
    en: {
      message: '{folder} has no weights that could be released.',
      cause: 'Only safetensors and GGUF files are sent; other files of weights never are.',
      action: 'Check the folder, or merge or export again.',
    },
    zh: {
      message: '{folder} 中没有可发布的权重。',
      cause: '只会上传 safetensors 与 GGUF 文件，其他格式的权重一律不上传。',
      action: '请检查该文件夹，或重新合并、导出。',
    },
  },
  'release.files_changed': {
    en: {
      message: 'Files in {folder} change while they are being prepared.',
      cause: 'Another program writes there.',
      action: 'Wait until it is done, then resume the release.',
    },
    zh: {
      message: '准备发布时，{folder} 中的文件仍在变化。',
      cause: '其他程序正在写入该文件夹。',
      action: '请等待写入完成，然后继续发布。',
    },
  },
  'release.parts_repeat': {
    en: {
      message: 'A part or a repository is named twice.',
      cause: 'Each of adapter, merged model and GGUF goes into a repository of its own, once.',
      action: 'Give every part another repository.',
    },
    zh: {
      message: '有内容或仓库重复。',
      cause: '适配器、合并模型与 GGUF 各占一个仓库，每项只发布一次。',
      action: '请为每项填写不同的仓库。',
    },
  },
  'release.repository_busy': {
    en: {
      message: 'Another release is sending to {repository}.',
      cause: 'Two uploads to one repository would take each other’s files away.',
      action: 'Wait for it, or pause it first.',
    },
    zh: {
      message: '另一次发布正在上传到 {repository}。',
      cause: '同时向一个仓库上传，会互相覆盖文件。',
      action: '请等待其完成，或先将其暂停。',
    },
  },
  'release.account_unusable': {
    en: {
      message: 'The account “{account}” cannot be used now.',
      cause: 'It is gone, its token is missing, or the vault that keeps the token is locked.',
      action: 'Unlock the vault or enter the token again under Settings › Accounts.',
    },
    zh: {
      message: '账号“{account}”现在无法使用。',
      cause: '账号已移除、令牌缺失，或保存令牌的保险库已锁定。',
      action: '请在“设置 › 账号”中解锁保险库，或重新填写令牌。',
    },
  },
  'release.live': {
    en: {
      message: 'The release “{release}” is under way.',
      cause: 'Its files are being prepared or sent right now.',
      action: 'Wait for it, or pause it first.',
    },
    zh: {
      message: '发布“{release}”正在进行。',
      cause: '文件正在准备或上传。',
      action: '请等待其完成，或先将其暂停。',
    },
  },
  'release.over': {
    en: {
      message: 'The release “{release}” is over.',
      cause: 'It was sent whole, or it was given up.',
      action: 'Start another release; what the hub has already is not sent again.',
    },
    zh: {
      message: '发布“{release}”已经结束。',
      cause: '已全部上传，或已被放弃。',
      action: '请重新发起发布；平台已有的内容不会再次上传。',
    },
  },
  'release.not_done': {
    en: {
      message: 'The release “{release}” is not whole yet.',
      cause: 'Only what was sent and compared as a private repository can become public.',
      action: 'Let every part be sent first.',
    },
    zh: {
      message: '发布“{release}”尚未全部完成。',
      cause: '只有已私有上传并核对完毕的仓库才能公开。',
      action: '请先等待各项上传完成。',
    },
  },
  'release.not_confirmed': {
    en: {
      message: 'These would become public: {repositories}. They were not confirmed.',
      cause: 'Going public cannot be taken back: others may have copied everything by then.',
      action: 'Confirm exactly these repositories.',
    },
    zh: {
      message: '将公开以下仓库，但尚未确认：{repositories}。',
      cause: '公开无法真正撤回，他人可能已经复制全部内容。',
      action: '请逐一确认上述仓库。',
    },
  },
  'release.reason_needed': {
    en: {
      message: 'Making “{release}” public needs a reason.',
      cause: 'A licence speaks against it, or nobody has checked what the model remembers of its rows.',
      action: 'Run the memorisation check and settle the warnings, or write down why it may be public.',
    },
    zh: {
      message: '公开“{release}”前需要说明理由。',
      cause: '许可证不允许，或尚未检查模型是否背出训练数据。',
      action: '请先运行记忆检查并处理警告，或写明可以公开的理由。',
    },
  },
} as const satisfies ErrorTable;
