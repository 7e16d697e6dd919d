import type { ErrorTable } from './error-table.ts';

export const EXPORT_ERRORS = {
  'export.needs_adapter': {
    en: {
      message: '“{format}” is written from an adapter; “{model}” is a whole model.',
      cause: 'This format holds only what training added to its base.',
      action: 'Name a run, whose adapter is exported, or choose a format for whole models.',
    },
    zh: {
      message: '“{format}”由适配器导出，而“{model}”是完整模型。',
      cause: '这种格式只包含训练在基座模型上增加的部分。',
      action: '请指定一个训练（导出其适配器），或选择完整模型的格式。',
    },
  },
  'export.needs_model': {
    en: {
      message: '“{format}” is written from a whole model; the run “{run}” has an adapter.',
      cause: 'Adapter and base become one model by a merge, whose result is checked against both.',
      action: 'Merge the adapter first, then export the merged model.',
    },
    zh: {
      message: '“{format}”由完整模型导出，而训练“{run}”只有适配器。',
      cause: '适配器与基座模型须先合并权重成为一个模型，合并结果会与二者比对。',
      action: '请先合并权重，再导出合并后的模型。',
    },
  },
  'export.no_adapter': {
    en: {
      message: 'The run “{run}” has no adapter to export.',
      cause: 'It has not written a checkpoint yet, or the one that was named is not whole.',
      action: 'Let the run save a checkpoint, or name a step that has one.',
    },
    zh: {
      message: '训练“{run}”没有可导出的适配器。',
      cause: '它尚未写出检查点，或指定的检查点不完整。',
      action: '请等待训练保存检查点，或指定已有检查点的步数。',
    },
  },
  'export.inside_source': {
    en: {
      message: 'The export cannot be written to {path}.',
      cause: 'This is inside {source}, which the export reads and never changes.',
      action: 'Choose a folder outside of it.',
    },
    zh: {
      message: '无法导出到 {path}。',
      cause: '该位置在 {source} 之内，导出只读取它，绝不改动。',
      action: '请选择它之外的文件夹。',
    },
  },
  'export.zip_format': {
    en: {
      message: '“{format}” is not written as a zip file.',
      cause: 'A whole model has many gigabytes, which an archive would only copy once more.',
      action: 'Export it as a folder, or choose a GGUF format or an adapter.',
    },
    zh: {
      message: '“{format}”不能导出为 zip 文件。',
      cause: '完整模型有许多 GB，打包只会再复制一遍。',
      action: '请导出为文件夹，或选择 GGUF 格式或适配器。',
    },
  },
  'export.zip_ollama': {
    en: {
      message: 'A zip file cannot be added to Ollama.',
      cause: 'Ollama reads the Modelfile and the GGUF file from a folder.',
      action: 'Export as a folder with the Ollama name, or as a zip file without it.',
    },
    zh: {
      message: 'zip 文件无法添加到 Ollama。',
      cause: 'Ollama 需要从文件夹中读取 Modelfile 和 GGUF 文件。',
      action: '请导出为文件夹并填写 Ollama 名称，或导出为 zip 而不填名称。',
    },
  },
  'export.output_exists': {
    en: {
      message: '{path} already exists.',
      cause: 'An export never overwrites a folder, so that nothing of yours is lost.',
      action: 'Choose another folder name, or move the existing folder away.',
    },
    zh: {
      message: '{path} 已存在。',
      cause: '导出绝不覆盖已有的文件夹，以免丢失您的文件。',
      action: '请换一个文件夹名称，或先移走已有的文件夹。',
    },
  },
  'export.output_busy': {
    en: {
      message: 'Another export is writing {path} right now.',
      cause: 'Two exports were started with the same folder.',
      action: 'Wait until that export has ended, or choose another folder.',
    },
    zh: {
      message: '另一个导出任务正在写入 {path}。',
      cause: '两次导出指定了同一个文件夹。',
      action: '请等待该任务结束，或换一个文件夹。',
    },
  },
  'export.disk_full': {
    en: {
      message: 'The export to {path} needs {neededBytes} bytes; {freeBytes} bytes are free.',
      cause: 'The size of an export is known in advance, and the disk has not that much room.',
      action: 'Free some space, choose another disk, or a smaller format.',
    },
    zh: {
      message: '导出到 {path} 需要 {neededBytes} 字节，仅剩 {freeBytes} 字节。',
      cause: '导出大小可预先算出，而磁盘空间不足。',
      action: '请清理磁盘、换一个磁盘，或选择更小的格式。',
    },
  },
  'export.compat_base': {
    en: {
      message: 'A model of {architecture} cannot be written as GGUF by the studio.',
      cause: 'The studio’s GGUF writer knows InternLM, Llama, Mistral, Qwen2 and Qwen3 decoders only.',
      action: 'Convert it with the conversion script of a llama.cpp release.',
    },
    zh: {
      message: '本程序无法将 {architecture} 模型写为 GGUF。',
      cause: '本程序的 GGUF 写出只支持 InternLM、Llama、Mistral、Qwen2 和 Qwen3。',
      action: '请使用 llama.cpp 发行版中的转换脚本。',
    },
  },
  'export.unsupported': {
    en: {
      message: 'This model cannot be written as GGUF exactly: {feature}.',
      cause: 'The programs that read GGUF would compute something else than this model does.',
      action: 'Use the model in its present form, or export one without this feature.',
    },
    zh: {
      message: '该模型无法准确写为 GGUF：{feature}。',
      cause: '读取 GGUF 的程序会算出与该模型不同的结果。',
      action: '请按现有格式使用该模型，或导出不含此特性的模型。',
    },
  },
  'export.adapter_unsupported': {
    en: {
      message: 'This adapter cannot be written as a LoRA GGUF: {feature}.',
      cause: 'The format holds low-rank factors of linear layers and nothing else.',
      action: 'Merge the adapter into its base and export the merged model.',
    },
    zh: {
      message: '该适配器无法写为 LoRA GGUF：{feature}。',
      cause: '该格式只能保存线性层的低秩因子。',
      action: '请将适配器合并进基座模型，再导出合并后的模型。',
    },
  },
  'export.tokenizer_unsupported': {
    en: {
      message: 'The tokenizer of this model has no GGUF form that cuts text alike: {reason}.',
      cause: 'With another tokenization the exported model would answer worse, and nobody would see why.',
      action: 'Put the base’s own tokenizer.model into the model folder if it has one, then export again.',
    },
    zh: {
      message: '该模型的分词器没有切分一致的 GGUF 形式：{reason}。',
      cause: '分词不同会使导出的模型回答变差，而且难以察觉。',
      action: '若基座模型自带 tokenizer.model，请放入模型目录后重新导出。',
    },
  },
  'export.not_finite': {
    en: {
      message: '{tensor} holds values that {format} cannot hold.',
      cause: 'A value is no number, or too large for 16 bits.',
      action: 'Export as gguf-f32; if that is refused too, the weights themselves are damaged.',
    },
    zh: {
      message: '{tensor} 含有 {format} 无法表示的数值。',
      cause: '有数值不是有效数字，或超出 16 位的范围。',
      action: '请导出为 gguf-f32；若仍被拒绝，则权重本身已损坏。',
    },
  },
  'export.quantiser_missing': {
    en: {
      message: '{format} needs the program llama-quantize, which was not found.',
      cause: 'This format is made by llama.cpp’s own program, which the studio does not carry.',
      action:
        'Install a llama.cpp release and put llama-quantize on the PATH, or export as gguf-q8_0 or gguf-q4_0.',
    },
    zh: {
      message: '{format} 需要 llama-quantize 程序，但未找到。',
      cause: '这种格式由 llama.cpp 自带的程序生成，本程序不附带它。',
      action: '请安装 llama.cpp 发行版并将 llama-quantize 加入 PATH，或导出为 gguf-q8_0、gguf-q4_0。',
    },
  },
  'export.quantiser_failed': {
    en: {
      message: 'llama-quantize did not make a usable file: {reason}.',
      cause: 'The program ended with an error, or its file is not what was asked for.',
      action: 'Try another llama.cpp release, or export as gguf-q8_0 or gguf-q4_0.',
    },
    zh: {
      message: 'llama-quantize 未能生成可用的文件：{reason}。',
      cause: '该程序报错退出，或生成的文件与要求不符。',
      action: '请换一个 llama.cpp 版本，或导出为 gguf-q8_0、gguf-q4_0。',
    },
  },
  'export.ollama_missing': {
    en: {
      message: 'The program ollama was not found.',
      cause: 'Only Ollama itself can add a model to its library, and it is not installed or not on the PATH.',
      action: 'Install Ollama and export again, or export without a name for Ollama.',
    },
    zh: {
      message: '未找到 ollama 程序。',
      cause: '只有 Ollama 自己能向其模型库添加模型，而它未安装或不在 PATH 中。',
      action: '请安装 Ollama 后重新导出，或导出时不填 Ollama 名称。',
    },
  },
  'export.ollama_adapter': {
    en: {
      message: 'An adapter alone cannot be added to Ollama.',
      cause: 'Ollama needs the base under a name of its own, which the studio cannot know.',
      action: 'Export without a name for Ollama and put the base’s name into the Modelfile, or merge first.',
    },
    zh: {
      message: '无法只把适配器添加到 Ollama。',
      cause: 'Ollama 需要基座模型在其中的名称，而本程序无从得知。',
      action: '请在导出时不填 Ollama 名称，并在 Modelfile 中写入基座模型的名称；或先合并权重。',
    },
  },
  'export.ollama_format': {
    en: {
      message: '“{format}” cannot be added to Ollama.',
      cause: 'Ollama’s own conversion changes some of these models, so the studio hands it GGUF files only.',
      action: 'Choose a GGUF format, or export without a name for Ollama.',
    },
    zh: {
      message: '“{format}”无法添加到 Ollama。',
      cause: 'Ollama 自带的转换会改变其中一些模型，因此本程序只交给它 GGUF 文件。',
      action: '请选择 GGUF 格式，或在导出时不填 Ollama 名称。',
    },
  },
  'export.system_left_out': {
    en: {
      message: 'The Modelfile is written without the system prompt of this run.',
      cause: 'The prompt holds triple quotes, or ends with a quote, which a Modelfile cannot express.',
      action: 'Give the system prompt with each request, or train with one that has no such quotes.',
    },
    zh: {
      message: 'Modelfile 中没有写入本次训练的系统提示词。',
      cause: '提示词含有三连引号或以引号结尾，Modelfile 无法表示。',
      action: '请在每次请求中给出系统提示词，或使用不含此类引号的提示词训练。',
    },
  },
  'export.ollama_failed': {
    en: {
      message: 'Ollama did not take the model: {reason}.',
      cause: 'Its service may not be running, or this version cannot read the file.',
      action:
        'Start Ollama and run “ollama create” with the Modelfile in {path}; the export itself is whole.',
    },
    zh: {
      message: 'Ollama 未接受该模型：{reason}。',
      cause: '它的服务可能没有运行，或该版本无法读取此文件。',
      action: '请启动 Ollama，并用 {path} 中的 Modelfile 运行 ollama create；导出的文件本身是完整的。',
    },
  },
  'export.beyond_context': {
    en: {
      message: 'The exported model is exact up to {tokens} tokens.',
      cause:
        'Beyond the trained length the model stretches its positions, which the programs that read GGUF do not.',
      action: 'Keep conversations shorter than that.',
    },
    zh: {
      message: '导出的模型在 {tokens} 个词元以内是准确的。',
      cause: '超过训练长度后，原模型会动态缩放位置编码，而读取 GGUF 的程序不会。',
      action: '请让对话保持在该长度以内。',
    },
  },
  'export.beyond_window': {
    en: {
      message: 'The exported model is exact up to {tokens} tokens.',
      cause: 'Its layers look back over that many tokens only; the programs that read GGUF look at all.',
      action: 'Keep conversations shorter than that.',
    },
    zh: {
      message: '导出的模型在 {tokens} 个词元以内是准确的。',
      cause: '原模型各层只回看这么多词元，而读取 GGUF 的程序会回看全部。',
      action: '请让对话保持在该长度以内。',
    },
  },
  'export.tokens_probed': {
    en: {
      message: 'The vocabulary was rebuilt without its tokenizer.model and compared on sample texts only.',
      cause: 'The folder has merges but no piece scores, and for these merges no scores are provably equal.',
      action: 'Nothing has to be done; put the base’s tokenizer.model into the model folder to be certain.',
    },
    zh: {
      message: '词表在没有 tokenizer.model 的情况下重建，只在示例文本上比对过。',
      cause: '该目录只有合并规则而没有词片分数，且这些规则无法证明与任何分数等价。',
      action: '无需处理；若要完全确定，请将基座模型的 tokenizer.model 放入模型目录。',
    },
  },
  'export.wider_tensors': {
    en: {
      message: '{count} tensors are written wider than {format}, first {first}.',
      cause: 'Their rows are no multiple of {block} numbers, which is the unit of this format.',
      action: 'Nothing has to be done; the file is a little larger.',
    },
    zh: {
      message: '有 {count} 个张量以高于 {format} 的精度写出，第一个是 {first}。',
      cause: '它们每行的数值个数不是 {block} 的倍数，而这是该格式的单位。',
      action: '无需处理，文件会略大一些。',
    },
  },
} as const satisfies ErrorTable;
