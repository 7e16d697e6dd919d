import type { ErrorTable } from './error-table.ts';

export const MERGE_ERRORS = {
  'merge.output_exists': {
    en: {
      message: '{path} already exists.',
      cause: 'A merge never overwrites a folder, so that no finished model is lost by a repeated command.',
      action: 'Choose another output folder, or remove this one yourself if you no longer need it.',
    },
    zh: {
      message: '{path} 已经存在。',
      cause: '合并从不覆盖已有文件夹，以免重复执行命令时丢失已完成的模型。',
      action: '请另选输出文件夹；若确定不再需要，请自行删除该文件夹后重试。',
    },
  },
  'merge.output_busy': {
    en: {
      message: 'Another merge is writing {path} right now.',
      cause: 'A running process holds the lock beside the output folder.',
      action: 'Wait until that merge has ended, or choose another output folder.',
    },
    zh: {
      message: '另一个合并任务正在写入 {path}。',
      cause: '有正在运行的进程持有输出文件夹旁的锁。',
      action: '请等待该任务结束，或另选输出文件夹。',
    },
  },
  'merge.disk_full': {
    en: {
      message: 'The merged model at {path} needs {neededBytes} bytes; {freeBytes} bytes are free.',
      cause: 'A merged model is a full copy of the base; in fp32 it is twice the size of a 16-bit base.',
      action: 'Free space on this disk, choose another disk, or write the model in the type of its base.',
    },
    zh: {
      message: '写入 {path} 的合并模型需要 {neededBytes} 字节，磁盘仅剩 {freeBytes} 字节。',
      cause: '合并后的模型是基座模型的完整副本；若以 fp32 写出，体积是 16 位基座的两倍。',
      action: '请清理该磁盘、改用其他磁盘，或改为按基座的数据类型写出。',
    },
  },
  'merge.json_broken': {
    en: {
      message: '{file} is not readable JSON: {reason}.',
      cause: 'The file was probably cut off by an interrupted download or copy, or edited by hand.',
      action: 'Fetch or copy this file again, then repeat the merge.',
    },
    zh: {
      message: '文件 {file} 不是可读的 JSON：{reason}。',
      cause: '通常是下载或复制中途中断导致文件不完整，或被手工改坏。',
      action: '请重新下载或复制该文件，然后再次合并。',
    },
  },
  'merge.file_changed': {
    en: {
      message: '{file} became shorter while it was read.',
      cause: 'Another program wrote to the model folder, or its drive was disconnected.',
      action: 'Make sure that nothing else writes to this folder, then merge again.',
    },
    zh: {
      message: '{file} 在读取过程中变短了。',
      cause: '有其他程序正在写入该模型文件夹，或所在磁盘已断开。',
      action: '请确认没有其他程序写入该文件夹，然后重新合并。',
    },
  },
  'merge.adapter_missing': {
    en: {
      message: '{path} is not an adapter folder: {file} is missing.',
      cause: 'A LoRA adapter is a folder with adapter_config.json and adapter_model.safetensors.',
      action: 'Choose the adapter folder of a finished run, or one of its checkpoint folders.',
    },
    zh: {
      message: '{path} 不是适配器文件夹：缺少 {file}。',
      cause: 'LoRA 适配器文件夹应包含 adapter_config.json 和 adapter_model.safetensors。',
      action: '请选择已完成训练的适配器文件夹，或其某个检查点文件夹。',
    },
  },
  'merge.adapter_pickle_only': {
    en: {
      message: '{path} holds its adapter weights as a pickle file only.',
      cause: 'Opening a pickle file can run any program hidden in it, so the studio never does.',
      action: 'Ask its author for adapter_model.safetensors, or convert it in an environment that you trust.',
    },
    zh: {
      message: '{path} 中的适配器权重只有 pickle 格式。',
      cause: '打开 pickle 文件可能执行其中隐藏的任意程序，因此本软件从不打开。',
      action: '请向作者索取 adapter_model.safetensors，或在可信环境中自行转换。',
    },
  },
  'merge.adapter_broken': {
    en: {
      message: '{path} cannot be read: {reason}.',
      cause: 'adapter_config.json must be a JSON object with at least r and lora_alpha.',
      action: 'Restore the file from the run that made the adapter.',
    },
    zh: {
      message: '无法读取 {path}：{reason}。',
      cause: 'adapter_config.json 应为 JSON 对象，且至少包含 r 和 lora_alpha。',
      action: '请从产生该适配器的训练中恢复此文件。',
    },
  },
  'merge.adapter_unsupported': {
    en: {
      message: 'This adapter cannot be merged exactly: {feature}.',
      cause:
        'Only plain LoRA is W + scale·B·A; other features change the model in ways this merge would lose.',
      action: 'Use the adapter with the program that made it, or train a plain LoRA adapter.',
    },
    zh: {
      message: '该适配器无法精确合并：{feature}。',
      cause: '只有普通 LoRA 可以写成 W + scale·B·A；其他特性对模型的改动会在合并中丢失。',
      action: '请使用生成该适配器的工具处理，或改为训练普通 LoRA 适配器。',
    },
  },
  'merge.base_mismatch': {
    en: {
      message:
        'The adapter at {adapterPath} was trained on another base model than {basePath} ({difference}).',
      cause: 'An adapter holds differences to one base; added to another they mean nothing.',
      action: 'Choose the base model that the adapter was trained on.',
    },
    zh: {
      message: '适配器 {adapterPath} 的训练基座不是 {basePath}（{difference}）。',
      cause: '适配器只记录相对于某一基座的差异，加到其他基座上没有意义。',
      action: '请选择训练该适配器时使用的基座模型。',
    },
  },
  'merge.adapter_target_missing': {
    en: {
      message: 'The base model has no layer {module} ({count} such layers in the adapter).',
      cause: 'The adapter was trained on a model of another architecture or with more layers.',
      action: 'Choose the base model that the adapter was trained on.',
    },
    zh: {
      message: '基座模型中没有层 {module}（适配器中共有 {count} 个这样的层）。',
      cause: '该适配器是在其他架构或层数更多的模型上训练的。',
      action: '请选择训练该适配器时使用的基座模型。',
    },
  },
  'merge.adapter_shape': {
    en: {
      message: '{tensor}: the adapter is made for {adapterShape}, the base has {baseShape}.',
      cause: 'The adapter was trained on a model of another size.',
      action: 'Choose the base model that the adapter was trained on.',
    },
    zh: {
      message: '{tensor}：适配器对应的形状为 {adapterShape}，基座的形状为 {baseShape}。',
      cause: '该适配器是在其他规模的模型上训练的。',
      action: '请选择训练该适配器时使用的基座模型。',
    },
  },
  'merge.base_not_finite': {
    en: {
      message: '{tensor} of the base holds infinite or undefined values.',
      cause: 'The base file is damaged, or was written by a failed conversion.',
      action: 'Fetch the base model again and compare its checksums.',
    },
    zh: {
      message: '基座的 {tensor} 含有无穷大或未定义的数值。',
      cause: '基座文件已损坏，或由失败的格式转换写出。',
      action: '请重新下载基座模型并核对校验和。',
    },
  },
  'merge.quantised_base': {
    en: {
      message:
        'The adapter was trained on the base held in {quantization}; it is merged onto the base as it is.',
      cause:
        'During training the adapter also made up for the rounding of the quantised base, which the full base does not have.',
      action: 'Compare the merged model with the adapter on your sample prompts before you release it.',
    },
    zh: {
      message: '该适配器是在以 {quantization} 量化的基座上训练的，现合并到未量化的基座。',
      cause: '训练时适配器也补偿了基座的量化误差，而未量化的基座没有这部分误差。',
      action: '发布之前，请用示例问题比较合并后的模型与适配器的回答。',
    },
  },
  'merge.overflow': {
    en: {
      message: 'The merged {tensor} does not fit into {dtype}.',
      cause: 'Adapter and base together exceed the largest number of this type; fp16 ends at 65504.',
      action: 'Merge again with fp32 as output type.',
    },
    zh: {
      message: '合并后的 {tensor} 超出 {dtype} 的表示范围。',
      cause: '适配器与基座相加后超过该类型的最大值；fp16 的上限是 65504。',
      action: '请把输出类型改为 fp32 后重新合并。',
    },
  },
  'merge.layout_differs': {
    en: {
      message: '{tensor} does not come back as it was, so the converted files were not kept.',
      cause: 'The written files were read again in the original layout and compared byte by byte.',
      action: 'Check disk and memory of this machine, then export again.',
    },
    zh: {
      message: '{tensor} 还原后与原来不一致，因此未保留转换后的文件。',
      cause: '写出的文件会按原布局重新读取，并逐字节比较。',
      action: '请检查本机的磁盘与内存，然后重新导出。',
    },
  },
  'merge.parity_failed': {
    en: {
      message:
        'The merged model does not answer as base plus adapter do: logits differ by {maxAbsLogitDiff}, allowed {limit}.',
      cause:
        'The written files were loaded again and compared on {prompts} prompts; a wrong or damaged tensor is the usual reason. Greedy answers agreed: {greedyAgrees}.',
      action: 'Do not use the files kept at {path}; check disk and memory of this machine, then merge again.',
    },
    zh: {
      message: '合并后的模型与“基座 + 适配器”的回答不一致：logits 相差 {maxAbsLogitDiff}，允许值为 {limit}。',
      cause:
        '写出的文件被重新加载，并在 {prompts} 条提示上做了比较；常见原因是张量错误或损坏。贪心回答是否一致：{greedyAgrees}。',
      action: '请勿使用保留在 {path} 的文件；检查本机的磁盘与内存后重新合并。',
    },
  },
} as const satisfies ErrorTable;
