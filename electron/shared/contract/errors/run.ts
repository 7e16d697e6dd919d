import type { ErrorTable } from './error-table.ts';

export const RUN_ERRORS = {
  'run.label_changed': {
    en: {
      message: 'Tags or note of “{run}” were changed elsewhere meanwhile.',
      cause: 'Another window or program saved its own after this one had read them.',
      action: 'Look at what stands there now, then decide which to keep.',
    },
    zh: {
      message: '“{run}”的标签或备注刚在别处改动过。',
      cause: '在本窗口读取之后，另一个窗口或程序保存了新的内容。',
      action: '请先查看现在的内容，再决定保留哪一份。',
    },
  },
  'run.not_live': {
    en: {
      message: 'The run “{run}” is not running.',
      cause: 'It has already ended ({state}), so there is no process to talk to.',
      action: 'Resume the run if you want it to go on.',
    },
    zh: {
      message: '训练“{run}”不在运行。',
      cause: '它已经结束（{state}），没有可以接收指令的进程。',
      action: '如需继续，请断点续训。',
    },
  },
  'run.already_live': {
    en: {
      message: 'The run “{run}” is still running.',
      cause: 'A second process on the same run would write over its checkpoints.',
      action: 'Stop it first, then try again.',
    },
    zh: {
      message: '训练“{run}”仍在运行。',
      cause: '同一训练若有两个进程，会互相覆盖检查点。',
      action: '请先停止，再重试。',
    },
  },
  'run.in_use': {
    en: {
      message: 'The run “{run}” is in use by {users}.',
      cause: 'A chat has its adapter loaded, or a merge reads from its folder.',
      action: 'Close the chat, or wait until the merge has ended, then try again.',
    },
    zh: {
      message: '训练“{run}”正被 {usersZh} 使用。',
      cause: '有对话已加载它的适配器，或有合并任务正在读取其目录。',
      action: '请关闭对话，或等待合并结束，然后重试。',
    },
  },
  'run.holds_model': {
    en: {
      message: 'The model “{model}” of the library lies in the folder of the run “{run}”.',
      cause: 'Full fine-tuning keeps the model that it made with its run; deleting the run would delete it.',
      action: 'Take the model out of the library first, then delete the run.',
    },
    zh: {
      message: '模型库中的模型“{model}”就存放在训练“{run}”的目录里。',
      cause: '全参数微调得到的模型与训练记录放在一起，删除训练会连同模型一并删除。',
      action: '请先从模型库中移除该模型，再删除训练。',
    },
  },
  'run.waits': {
    en: {
      message: 'The run “{run}” waits in the queue.',
      cause: 'It would start by itself as soon as the device is free.',
      action: 'Take it out of the queue first, then remove it.',
    },
    zh: {
      message: '训练“{run}”正在排队。',
      cause: '设备空闲后它会自动开始。',
      action: '请先将它移出队列，再删除。',
    },
  },
  'run.finished': {
    en: {
      message: 'The run “{run}” is complete; there is nothing left to resume.',
      cause: 'It reached its last step and wrote the adapter.',
      action: 'Start a new run from its recipe to train further.',
    },
    zh: {
      message: '训练“{run}”已全部完成，无需续训。',
      cause: '它已到达最后一步并写出适配器。',
      action: '如需继续训练，请用它的训练方案新建训练。',
    },
  },
  'run.no_checkpoint': {
    en: {
      message: 'The run “{run}” has no whole checkpoint at step {step}.',
      cause: 'The checkpoint was never written, was removed to save space, or is damaged.',
      action: 'Resume without naming a step, to take the last whole checkpoint.',
    },
    zh: {
      message: '训练“{run}”在第 {step} 步没有完整的检查点。',
      cause: '该检查点从未写出、已为节省空间删除，或已损坏。',
      action: '请不指定步数续训，将自动采用最近的完整检查点。',
    },
  },
  'run.export_exists': {
    en: {
      message: 'Something already stands at {path}.',
      cause: 'An export never writes over what it finds unless it is told to.',
      action: 'Choose another place, or allow overwriting.',
    },
    zh: {
      message: '{path} 已存在内容。',
      cause: '未经允许，导出不会覆盖已有内容。',
      action: '请另选位置，或允许覆盖。',
    },
  },
  'run.export_failed': {
    en: {
      message: 'The export could not be written to {path}.',
      cause: 'The folder cannot be written, the disk is full, or a file of the run is missing.',
      action: 'Check the place and its free space, then export again.',
    },
    zh: {
      message: '无法将导出内容写入 {path}。',
      cause: '目录不可写、磁盘已满，或训练目录中缺少文件。',
      action: '请检查该位置及剩余空间，然后重新导出。',
    },
  },
  'run.folder_invalid': {
    en: {
      message: '{path} is not a run folder: {reason}',
      cause: 'A run folder holds run.json and attempts/<n>/ with job.json and events.ndjson.',
      action: 'Name the folder that `legal_eagle train` wrote, complete and not a folder inside it.',
    },
    zh: {
      message: '{path} 不是训练目录：{reason}',
      cause: '训练目录应包含 run.json，以及含有 job.json 和 events.ndjson 的 attempts/<n>/。',
      action: '请指定 `legal_eagle train` 写出的完整目录，而非其中的子目录。',
    },
  },
  'run.already_known': {
    en: {
      message: 'The run {runId} is already in the history.',
      cause: 'A run folder can be adopted once; its id is taken.',
      action: 'Open it under Runs.',
    },
    zh: {
      message: '训练 {runId} 已在训练记录中。',
      cause: '一个训练目录只能收录一次，其编号已被占用。',
      action: '请在“训练记录”中打开它。',
    },
  },
  'run.no_log': {
    en: {
      message: 'The run “{run}” has no log for attempt {attempt}.',
      cause: 'The attempt never started, or its folder was removed.',
      action: 'Choose another attempt.',
    },
    zh: {
      message: '训练“{run}”的第 {attempt} 次尝试没有日志。',
      cause: '该次尝试从未启动，或其目录已被删除。',
      action: '请选择另一次尝试。',
    },
  },
} as const satisfies ErrorTable;
