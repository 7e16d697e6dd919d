import type { ErrorTable } from './error-table.ts';

export const TRAIN_ERRORS = {
  'train.no_rows': {
    en: {
      message: 'No row of the dataset can be trained on ({rows} rows, cutoff {cutoff} tokens).',
      cause:
        'A row counts only when at least one token of its answer lies inside the cutoff. Either the dataset has no training rows, or the prompts alone are longer than the cutoff.',
      action: 'Raise the cutoff length, or check the dataset and its field mapping.',
    },
    zh: {
      message: '数据集中没有可用于训练的行（共 {rows} 行，截断长度 {cutoff}）。',
      cause:
        '只有答案中至少一个词元位于截断长度之内的行才会参与训练。可能是数据集没有训练行，也可能是问题本身就超过了截断长度。',
      action: '请加大截断长度，或检查数据集及其字段映射。',
    },
  },
  'train.no_eval_rows': {
    en: {
      message: 'Nothing is evaluated: none of the {rows} evaluation rows can be used.',
      cause:
        'Either the dataset has no evaluation rows, or none of them has an answer inside the cutoff. The run trains as usual, without an eval loss and without a best checkpoint.',
      action: 'Continue, or set an evaluation share for the dataset and look at the cutoff length.',
    },
    zh: {
      message: '本次训练没有评估：{rows} 条验证样本均不可用。',
      cause:
        '可能是数据集没有验证样本，也可能是验证样本的答案都在截断长度之外。训练照常进行，但没有验证损失，也无法判断哪个检查点最好。',
      action: '可以继续；也可以为数据集划出验证比例，并检查截断长度。',
    },
  },
  'train.adapter_differs': {
    en: {
      message: 'The adapter to start from has {field} = {adapter}, the recipe {recipe}.',
      cause: 'Training can only go on with the shape and scale that the adapter already has.',
      action: 'Set {field} to {adapter}, or start from a fresh adapter.',
    },
    zh: {
      message: '起始适配器的 {field} 为 {adapter}，训练方案为 {recipe}。',
      cause: '继续训练只能沿用适配器已有的形状和缩放。',
      action: '请把 {field} 设为 {adapter}，或从新的适配器开始训练。',
    },
  },
  'train.adapter_other_base': {
    en: {
      message: 'The adapter in {folder} was trained on another base model.',
      cause: 'Its record names a base whose files differ from this one.',
      action: 'Choose the base that the adapter belongs to, or start from a fresh adapter.',
    },
    zh: {
      message: '{folder} 中的适配器是在另一个基座模型上训练的。',
      cause: '其记录中的基座文件与当前基座不同。',
      action: '请选择与适配器配套的基座，或从新的适配器开始训练。',
    },
  },
  'train.full_layout': {
    en: {
      message:
        'The model {model} cannot be trained as a whole: {tensor} is stored in another way than it is computed.',
      cause:
        'Full fine-tuning writes the model back in the layout of its base, so every stored tensor must be a parameter, and every parameter must be stored.',
      action: 'Train a LoRA adapter on it, or take the model from where its files have the usual names.',
    },
    zh: {
      message: '模型 {model} 无法进行全参数微调：{tensor} 的存储方式与计算方式不一致。',
      cause:
        '全参数微调会按基座原有的布局写回模型，因此每个存储的张量都必须是参数，每个参数也都必须有对应的存储。',
      action: '请改为训练 LoRA 适配器，或换用张量名称规范的模型文件。',
    },
  },
  'train.vocabulary_too_large': {
    en: {
      message: 'The tokenizer has {tokenizer} tokens, but the model knows only {embedding}.',
      cause: 'Tokens were added to the tokenizer without enlarging the model, so some ids have no embedding.',
      action: 'Use the tokenizer that belongs to this model, or a model whose embedding was enlarged for it.',
    },
    zh: {
      message: '分词器有 {tokenizer} 个词元，而模型只有 {embedding} 个。',
      cause: '分词器增加了词元，但模型的词向量没有相应扩大，部分编号没有对应的向量。',
      action: '请使用与该模型配套的分词器，或使用已扩大词向量的模型。',
    },
  },
  'train.no_cuda': {
    en: {
      message: 'The recipe asks for an NVIDIA GPU, and none can be used.',
      cause:
        'No CUDA device was found by the installed PyTorch ({torch}). The driver may be missing or too old, or the runtime may be the CPU variant.',
      action: 'Set the device to “auto” or “cpu”, or install the GPU variant of the runtime.',
    },
    zh: {
      message: '训练方案要求使用 NVIDIA 显卡，但没有可用的显卡。',
      cause:
        '当前安装的 PyTorch（{torch}）没有找到 CUDA 设备。可能是驱动缺失或过旧，也可能是运行环境为 CPU 版本。',
      action: '请把设备设为“auto”或“cpu”，或安装 GPU 版本的运行环境。',
    },
  },
  'train.precision_unsupported': {
    en: {
      message: 'This card does not compute in {precision}.',
      cause:
        'Cards before the Ampere generation (RTX 30) have no bf16 units; emulating it would be slower than fp32.',
      action: 'Choose one of: {allowed}. Automatic takes fp16 with a scaled loss on such a card.',
    },
    zh: {
      message: '这张显卡不支持以 {precision} 精度计算。',
      cause: 'Ampere（RTX 30 系列）之前的显卡没有 bf16 计算单元，用软件模拟比 fp32 还慢。',
      action: '请选择以下精度之一：{allowed}。在这类显卡上，“自动”会使用带损失缩放的 fp16。',
    },
  },
  'train.attention_unsupported': {
    en: {
      message: 'The attention “{attention}” does not run on this device in this precision.',
      cause: 'Each way to compute attention needs a device, a system and a precision of its own.',
      action: 'Set hardware.attention to “auto” or “{allowed}”.',
    },
    zh: {
      message: '注意力实现“{attention}”无法在该设备上以该精度运行。',
      cause: '每种注意力实现对设备、系统和精度各有要求。',
      action: '请把 hardware.attention 设为“auto”或“{allowed}”。',
    },
  },
  'train.quantization_unsupported': {
    en: {
      message: 'This card cannot train on a base held in {quantization}.',
      cause:
        'INT8 products need a Turing card (RTX 20, compute capability 7.5) or newer, FP8 an Ada or Hopper card (RTX 40, H100; 8.9) or newer. This one has {capability}, or a test product on it failed.',
      action: 'Set hardware.quantization to {nearest}, or to none.',
    },
    zh: {
      message: '这张显卡无法在以 {quantization} 量化的基座上训练。',
      cause:
        'INT8 运算需要 Turing（RTX 20 系列，计算能力 7.5）或更新的显卡，FP8 需要 Ada 或 Hopper（RTX 40 系列、H100，计算能力 8.9）或更新的显卡。当前显卡的计算能力为 {capability}，或试算没有通过。',
      action: '请将 hardware.quantization 设为 {nearest} 或 none。',
    },
  },
  'train.quantization_compat': {
    en: {
      message: 'A base that the compat engine trains cannot be held in {quantization}.',
      cause:
        'Only the fast engine has its own quantised layers; the compat engine holds a base as it was loaded.',
      action: 'Set hardware.quantization to none.',
    },
    zh: {
      message: '由兼容引擎训练的基座不能以 {quantization} 量化。',
      cause: '只有快速引擎有自己的量化层，兼容引擎按原样载入基座。',
      action: '请将 hardware.quantization 设为 none。',
    },
  },
  'train.eight_bit_off': {
    en: {
      message:
        'The base stays unquantised: in {quantization} its loss would be {quantised} instead of {dense}.',
      cause:
        'Before the first step both bases were held against the same rows. More than {limit} nat would be lost, so the 8-bit base is left out of this run and of its resumes.',
      action:
        'Nothing has to be done where memory is enough. Otherwise choose nf4 in a new run, or fewer tokens at once.',
    },
    zh: {
      message: '基座保持未量化：以 {quantization} 量化后损失会从 {dense} 变为 {quantised}。',
      cause:
        '第一步之前，已用相同的数据比较了量化前后的基座。差距超过 {limit} 纳特，因此本次训练及其续训都不使用 8 位基座。',
      action: '显存足够时无需处理；否则请新建训练并选择 nf4，或减少单次词元上限。',
    },
  },
  'train.compile_failed': {
    en: {
      message: 'Compiling did not work here; the run goes on without it: {reason}',
      cause:
        'The compiler of PyTorch needs Triton on a GPU and a C++ compiler on a CPU. The gradient is the same either way; only speed changes.',
      action: 'Nothing has to be done. Set hardware.compile to “off” to skip the attempt.',
    },
    zh: {
      message: '无法在此编译，训练以未编译的方式继续：{reason}',
      cause:
        'PyTorch 的编译器在显卡上需要 Triton，在 CPU 上需要 C++ 编译器。两种方式的梯度相同，只影响速度。',
      action: '无需处理。把 hardware.compile 设为“off”可跳过这一步。',
    },
  },
  'train.profile_failed': {
    en: {
      message: 'The steps could not be recorded: {reason}',
      cause: 'The profiler or the disk refused, or the trace grew too large. The training itself goes on.',
      action: 'Ask for fewer steps (hardware.profileSteps), or leave it out.',
    },
    zh: {
      message: '无法记录这些步骤：{reason}',
      cause: '性能分析器或磁盘拒绝了写入，或者跟踪文件过大。训练不受影响，继续进行。',
      action: '请减少 hardware.profileSteps，或不做记录。',
    },
  },
  'train.non_finite': {
    en: {
      message: 'Training diverged at step {step}: three steps in a row had no finite loss or gradient.',
      cause:
        'The numbers grew out of range. The usual reason is a learning rate that is too high; rarely the data or the precision. The adapter kept its last finite values in {checkpoint}.',
      action: 'Lower the learning rate or raise the warm-up ratio, then start a new run.',
    },
    zh: {
      message: '训练在第 {step} 步发散：连续三步的损失或梯度不是有限数值。',
      cause:
        '数值超出了范围，通常是学习率过高，少数情况下是数据或精度的问题。适配器的最后有效数值保存在 {checkpoint} 中。',
      action: '请降低学习率或提高预热比例，然后重新开始训练。',
    },
  },
  'train.rows_beyond_positions': {
    en: {
      message: 'The longest row has {longest} tokens, but the model was made for {positions}.',
      cause:
        'The cutoff length is larger than the context of the base model; it has never seen such positions.',
      action: 'Set the cutoff length to {positions} or less.',
    },
    zh: {
      message: '最长的一行有 {longest} 个词元，而模型的上下文长度为 {positions}。',
      cause: '截断长度超过了基座模型的上下文长度，模型从未见过这样的位置。',
      action: '请把截断长度设为不超过 {positions}。',
    },
  },
  'train.out_of_memory': {
    en: {
      message: 'There is not enough memory for step {step}, even for one row of {tokens} tokens at a time.',
      cause:
        'The studio already computed as few tokens at once as possible and recomputed every layer; the longest row alone does not fit. Progress is saved in {checkpoint}.',
      action:
        'Close other programs that use this device and resume, or start a new run with one of these settings (predicted peak): {settings}.',
    },
    zh: {
      message: '第 {step} 步内存不足：即使每次只计算一行（{tokens} 个词元）也放不下。',
      cause:
        '已将每次计算的词元数降到最低，并重算了所有层，但最长的一行仍然放不下。进度已保存在 {checkpoint} 中。',
      action:
        '请关闭占用该设备的其他程序后继续训练，或用以下任一设置新建训练（括号内为预计峰值）：{settings}。',
    },
  },
  'train.eval_row_too_large': {
    en: {
      message: 'The run goes on without an eval loss: a row of {tokens} tokens does not fit into memory.',
      cause:
        'Rows are evaluated in ever smaller passes down to a single one, and this row alone is too large. A mean over the others would not compare with other eval losses.',
      action:
        'Let the run go on, or shorten the cutoff in a new run; checkpoints are saved at their interval, as before.',
    },
    zh: {
      message: '训练将继续，但不再计算评估损失：有一条 {tokens} 个词元的数据超出了可用内存。',
      cause:
        '评估会把数据逐次拆小，直到一次只算一条；这一条单独也放不下。若只对其余数据求平均，结果就无法与其他评估损失比较。',
      action: '可以让训练继续，或新建训练时调低截断长度；检查点仍按设定的间隔保存。',
    },
  },
  'train.slow_spill': {
    en: {
      message: 'Throughput has collapsed from {before} to {now} tokens a second.',
      cause:
        'Most likely the driver keeps part of the card’s memory in the computer’s own memory, which is many times slower. The results stay right.',
      action:
        'Close other programs that use the card. If it stays slow: stop and save, set “Tokens at once” lower in a new run, or turn off the driver’s system memory fallback (NVIDIA Control Panel, CUDA – Sysmem Fallback Policy).',
    },
    zh: {
      message: '吞吐量从每秒 {before} 个词元骤降到 {now} 个。',
      cause: '很可能是驱动把一部分显存放到了系统内存中，速度会慢很多倍。训练结果仍然正确。',
      action:
        '请关闭占用该显卡的其他程序。如仍然很慢，请停止并保存，新建训练时调低“单次词元上限”，或在 NVIDIA 控制面板中关闭“CUDA – 系统内存回退策略”。',
    },
  },
  'train.micro_batch_lowered': {
    en: {
      message: 'Memory ran out; the run goes on with {newTokens} tokens at once instead of {oldTokens}.',
      cause:
        'A micro-batch did not fit into memory. The global batch and the gradient stay exactly as the recipe says; only speed may change.',
      action: 'Continue; nothing has to be done.',
    },
    zh: {
      message: '内存不足，训练以每次 {newTokens} 个词元继续（原为 {oldTokens} 个）。',
      cause: '一个微批次超出了内存。全局批次和梯度仍与训练方案完全一致，只可能影响速度。',
      action: '可以继续，无需处理。',
    },
  },
  'train.recompute_raised': {
    en: {
      message:
        'Memory ran out; the run goes on with {newLayers} layers computed again instead of {oldLayers}.',
      cause:
        'Even one row at a time did not fit with what the layers kept. The gradient stays exactly what the recipe says; steps take longer.',
      action: 'Continue; nothing has to be done.',
    },
    zh: {
      message: '内存不足，训练改为重算 {newLayers} 层的激活值（原为 {oldLayers} 层）后继续。',
      cause: '即使每次只计算一行，各层保留的激活值也放不下。梯度仍与训练方案完全一致，每步耗时会变长。',
      action: '可以继续，无需处理。',
    },
  },
  'train.disk_full': {
    en: {
      message: 'The disk is full: nothing more can be written below {folder}.',
      cause: 'A checkpoint or a report could not be written. The last whole checkpoint is intact.',
      action: 'Free some space, then resume the run from its last checkpoint.',
    },
    zh: {
      message: '磁盘已满：无法继续写入 {folder}。',
      cause: '检查点或训练记录无法写入。最近一个完整的检查点没有受到影响。',
      action: '请清理磁盘空间，然后从最近的检查点继续训练。',
    },
  },
  'train.checkpoint_damaged': {
    en: {
      message: 'The checkpoint {checkpoint} cannot be used: {reason}',
      cause: 'Its files do not match its manifest, so training from it would start from wrong numbers.',
      action: 'Resume from an earlier checkpoint of this run.',
    },
    zh: {
      message: '检查点 {checkpoint} 无法使用：{reason}',
      cause: '文件与清单不一致，从它继续训练会从错误的数值开始。',
      action: '请从本次训练的更早的检查点继续。',
    },
  },
  'train.resume_mismatch': {
    en: {
      message: 'The run cannot go on from {checkpoint}: {changed} changed since it was saved.',
      cause:
        'A resumed run computes exactly what the uninterrupted one would have. With another dataset, tokenizer, template, base model, number of processes or deciding recipe setting it would be another run.',
      action: 'Restore what changed, or start a new run.',
    },
    zh: {
      message: '无法从 {checkpoint} 继续：保存之后，{changed} 发生了变化。',
      cause:
        '继续训练的结果必须与未中断时完全一致。数据集、分词器、模板、基座模型、进程数或关键设置一旦改变，就成了另一次训练。',
      action: '请恢复发生变化的部分，或重新开始一次训练。',
    },
  },
  'train.run_exists': {
    en: {
      message: 'The folder {folder} holds a run already.',
      cause: 'A run of this name was started before, and its files are never overwritten.',
      action: 'Add --resume to continue it, or --set name=… to start another.',
    },
    zh: {
      message: '目录 {folder} 中已有一次训练。',
      cause: '此前已用这个名称启动过训练，其文件不会被覆盖。',
      action: '请加上 --resume 继续该训练，或用 --set name=… 另起一次训练。',
    },
  },
  'train.nothing_to_resume': {
    en: {
      message: 'There is nothing to resume in {folder}.',
      cause:
        'The folder has no whole checkpoint: no run of this name was started here, or it ended before its first checkpoint.',
      action: 'Start the run without --resume, under another name if the folder is in use.',
    },
    zh: {
      message: '{folder} 中没有可以继续的训练。',
      cause: '该目录没有完整的检查点：可能从未在此启动过这个名称的训练，或在保存首个检查点之前就已结束。',
      action: '请去掉 --resume 重新启动；如目录已被占用，请换一个名称。',
    },
  },
} as const satisfies ErrorTable;
