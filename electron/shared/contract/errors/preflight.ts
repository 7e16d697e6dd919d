import type { ErrorTable } from './error-table.ts';

export const PREFLIGHT_ERRORS = {
  'preflight.does_not_fit': {
    en: {
      message: 'This run needs {predicted} of memory at its peak; {device} has {capacity}.',
      cause: 'The base in {precision} takes {base}, one forward and backward pass {passes}.',
      action: 'Make one of these changes, each of which is enough: {settings}.',
    },
    zh: {
      message: '本次训练峰值需要 {predicted} 内存或显存，而 {device} 只有 {capacity}。',
      cause: '基座模型以 {precision} 载入占 {base}，一次前向与反向计算占 {passes}。',
      action: '请从以下修改中任选一项：{settings}。',
    },
  },
  'preflight.cannot_fit': {
    en: {
      message: 'This run needs {predicted} of memory at its peak; {device} has {capacity}.',
      cause:
        'The base in {precision} takes {base}, one forward and backward pass {passes}; no shorter cutoff and no smaller micro-batch is enough.',
      action: 'Choose a smaller base model, a lower LoRA rank, or a device with more memory.',
    },
    zh: {
      message: '本次训练峰值需要 {predicted} 内存或显存，而 {device} 只有 {capacity}。',
      cause:
        '基座模型以 {precision} 载入占 {base}，一次前向与反向计算占 {passes}；缩短截断长度或减小微批都不够。',
      action: '请选用更小的基座模型、更低的 LoRA 秩，或内存更大的设备。',
    },
  },
  'preflight.cards_mixed': {
    en: {
      message: 'The chosen cards would not compute alike: {cards}.',
      cause:
        'Every process takes the best precision of its own card, and processes that round differently do not train one adapter.',
      action: 'Set one precision that all of them have, or choose cards of one kind.',
    },
    zh: {
      message: '所选显卡的计算精度不一致：{cards}。',
      cause: '每个进程都会采用自己那张显卡的最佳精度；精度不同的进程无法训练同一个适配器。',
      action: '请指定所有显卡都支持的同一种精度，或选择同类显卡。',
    },
  },
  'preflight.memory_busy': {
    en: {
      message: 'This run needs {predicted}; of {device} only {available} is free now.',
      cause: 'Other programs hold the rest of its memory.',
      action: 'Close what you do not need before you start.',
    },
    zh: {
      message: '本次训练需要 {predicted}，而 {device} 目前只有 {available} 空闲。',
      cause: '其余部分正被其他程序占用。',
      action: '开始前请关闭不需要的程序。',
    },
  },
  'preflight.memory_unknown': {
    en: {
      message: 'Whether the card has enough memory cannot be told.',
      cause: 'Its driver does not say how much memory it has.',
      action: 'Start with a small hardware.maxTokensPerMicroBatch and watch the first steps.',
    },
    zh: {
      message: '无法判断显卡的显存是否足够。',
      cause: '驱动没有给出显存大小。',
      action: '请先用较小的 hardware.maxTokensPerMicroBatch 开始，并观察最初几步。',
    },
  },
  'preflight.disk_too_small': {
    en: {
      message: 'This run will write {needed}; the disk of the data folder has {free} left.',
      cause: 'Checkpoints take {checkpoints} of it; the rest is the adapter, the token store and the log.',
      action: 'Free some space, keep fewer checkpoints, or move the data folder.',
    },
    zh: {
      message: '本次训练将写入 {needed}，而数据目录所在磁盘仅剩 {free}。',
      cause: '其中检查点占 {checkpoints}，其余为适配器、词元缓存和日志。',
      action: '请清理磁盘、减少保留的检查点数，或更换数据目录。',
    },
  },
  'preflight.no_training_rows': {
    en: {
      message: 'The dataset has no row to train on.',
      cause: 'No row is in the training split, or no answer begins within the cutoff of {cutoff} tokens.',
      action: 'Check the dataset’s problems, or raise the cutoff length.',
    },
    zh: {
      message: '数据集中没有可训练的数据样本。',
      cause: '训练集为空，或没有任何回答落在 {cutoff} 个词元的截断长度之内。',
      action: '请检查数据集的问题，或加大截断长度。',
    },
  },
  'preflight.no_card': {
    en: {
      message: 'The recipe asks for a CUDA card, and none was found.',
      cause:
        'No NVIDIA driver answered on this machine, or the Python environment in use is the one for CPUs.',
      action: 'Install the driver and a CUDA environment, or set hardware.device to auto or cpu.',
    },
    zh: {
      message: '训练方案要求使用 CUDA 显卡，但未找到可用的显卡。',
      cause: '本机没有 NVIDIA 驱动应答，或当前使用的是 CPU 版运行环境。',
      action: '请安装驱动与 CUDA 运行环境，或将 hardware.device 设为 auto 或 cpu。',
    },
  },
  'preflight.cutoff_truncates': {
    en: {
      message: '{percent} of the rows (about {rows}) are longer than the cutoff of {cutoff} tokens.',
      cause: 'What lies beyond the cutoff is not learned; of an answer the end is lost.',
      action: 'Raise the cutoff length if memory allows, or shorten the long rows.',
    },
    zh: {
      message: '{percent} 的数据样本（约 {rows} 条）超过 {cutoff} 个词元的截断长度。',
      cause: '超出部分不参与训练，回答的结尾会丢失。',
      action: '若显存允许，请加大截断长度，或缩短过长的样本。',
    },
  },
  'preflight.compat_estimate': {
    en: {
      message: 'This base trains on the compat engine; the memory shown is a rough estimate.',
      cause:
        'The fast engine does not compute this architecture. transformers’ own classes do, and keep more between the passes than the estimate counts.',
      action:
        'Make a trial run of a few steps first, and lower the tokens per micro-batch if memory runs out.',
    },
    zh: {
      message: '该基座模型使用兼容引擎训练，所示内存仅为粗略估计。',
      cause: '快速引擎不支持该架构；transformers 自带的模型类在计算中保留的数据比估计的更多。',
      action: '请先试跑几步；若内存不足，请减小每个微批的词元数。',
    },
  },
  'preflight.network_per_step': {
    en: {
      message: 'Each of the {processes} processes sends about {sent} a step.',
      cause: 'Once a step the gradients of the adapter ({gradients}) are added up over all processes.',
      action:
        'Between cards of one machine this is little. Over a slow network, train fewer modules or a lower LoRA rank, or accumulate more passes a step, which also enlarges the global batch.',
    },
    zh: {
      message: '{processes} 个进程每步各发送约 {sent}。',
      cause: '每一步都要把各进程的适配器梯度（{gradients}）相加一次。',
      action:
        '在同一台机器的显卡之间，这点数据量可以忽略。如果网络较慢，可减少训练的模块、降低 LoRA 秩，或增加梯度累积步数（全局批大小也会随之增大）。',
    },
  },
  'preflight.tokens_estimated': {
    en: {
      message: 'The token counts of these {rows} rows are estimated from their characters.',
      cause: 'No statistics have been made for this dataset yet.',
      action: 'Count the tokens with the model’s own tokenizer for exact figures.',
    },
    zh: {
      message: '这 {rows} 条数据样本的词元数按字符数估算。',
      cause: '该数据集尚未做过词元统计。',
      action: '如需准确数字，请用该模型的分词器统计词元。',
    },
  },
  'preflight.no_eval_rows': {
    en: {
      message: 'The dataset has no evaluation rows.',
      cause: 'Without them nothing tells overfitting, and no checkpoint is the best one.',
      action: 'Import the data with an evaluation share if you want an eval loss.',
    },
    zh: {
      message: '数据集没有验证样本。',
      cause: '没有验证集就无法发现过拟合，也无法判断哪个检查点最好。',
      action: '如需验证损失，请在导入数据时划出验证比例。',
    },
  },
} as const satisfies ErrorTable;
