import type { ErrorTable } from './error-table.ts';

/** Model folders, tokenizers, templates and adapters, as the Python side finds them (`model-library.ts` has the rest). */
export const MODEL_ERRORS = {
  'model.adapter_not_base': {
    en: {
      message: '{folder} holds an adapter, not a base model.',
      cause:
        'An adapter contains only the trained differences and works together with the base it was trained on.',
      action: 'Choose the folder of the base model.',
    },
    zh: {
      message: '{folder} 中是适配器，不是基座模型。',
      cause: '适配器只保存训练得到的差异，必须与训练时的基座模型一起使用。',
      action: '请选择基座模型的文件夹。',
    },
  },
  'model.config_broken': {
    en: {
      message: '{file} cannot be read.',
      cause: 'It is not a JSON object; the download may be incomplete or the file was edited.',
      action: 'Download this file again.',
    },
    zh: {
      message: '无法读取 {file}。',
      cause: '该文件不是有效的 JSON 对象，可能下载不完整或被改动过。',
      action: '请重新下载该文件。',
    },
  },
  'model.config_invalid': {
    en: {
      message: 'config.json states {key} = {value}, which is not possible.',
      cause: 'The value is missing, has the wrong type or contradicts another one.',
      action: 'Download config.json again from the model’s page.',
    },
    zh: {
      message: 'config.json 中 {key} = {value} 不成立。',
      cause: '该值缺失、类型错误，或与其他值矛盾。',
      action: '请从模型页面重新下载 config.json。',
    },
  },
  'model.unsupported_architecture': {
    en: {
      message: 'The architecture {architecture} is not supported.',
      cause:
        'The fast engine computes InternLM, Llama, Mistral, Qwen2 and Qwen3 decoders, the compat engine what transformers itself implements; none that this run may use computes this one. Code that comes with a model is never run.',
      action:
        'Set the engine to Automatic if another one is chosen, or take a model of another architecture.',
    },
    zh: {
      message: '不支持 {architecture} 架构。',
      cause:
        '快速引擎支持 InternLM、Llama、Mistral、Qwen2、Qwen3，兼容引擎支持 transformers 自身实现的架构；本次可用的引擎都不支持该架构。模型自带的代码一律不会执行。',
      action: '若指定了计算引擎，请改为“自动”；否则请选择其他架构的模型。',
    },
  },
  'model.compat_missing': {
    en: {
      message: '{architecture} needs the compat engine, and this environment has no {package}.',
      cause:
        'The fast engine does not compute this architecture. The compat engine does, through transformers and peft, which an environment made by an older version or by hand may lack.',
      action:
        'Install the runtime environment again (Settings › Runtime), or choose an InternLM, Llama, Mistral or Qwen model.',
    },
    zh: {
      message: '{architecture} 需要兼容引擎，但当前运行环境没有 {package}。',
      cause:
        '快速引擎不支持该架构；兼容引擎借助 transformers 和 peft 支持它，旧版本或手动创建的环境可能缺少这两个库。',
      action: '请重新安装运行环境（设置 › 运行环境），或改用 InternLM、Llama、Mistral、Qwen 系列模型。',
    },
  },
  'model.unsupported_option': {
    en: {
      message: 'The model uses {option} = {value}, which is not supported.',
      cause: 'The engine would compute this model differently from how it was trained.',
      action: 'Choose a variant of the model without this option.',
    },
    zh: {
      message: '模型使用了不支持的选项 {option} = {value}。',
      cause: '引擎的计算方式会与该模型训练时不一致。',
      action: '请选择不带该选项的模型版本。',
    },
  },
  'model.rope_unsupported': {
    en: {
      message: 'The rope scaling {kind} is not supported.',
      cause: 'Positions would be computed differently from how the model was trained.',
      action: 'Choose a variant with default, linear, dynamic or llama3 scaling.',
    },
    zh: {
      message: '不支持 {kind} 类型的 RoPE 缩放。',
      cause: '位置编码的计算方式会与模型训练时不一致。',
      action: '请选择 default、linear、dynamic 或 llama3 缩放的模型版本。',
    },
  },
  'model.layout_unsupported': {
    en: {
      message: 'This model cannot be written in that layout: {reason}.',
      cause:
        'Llama layout is exact for Llama and InternLM models; another decoder written under its name would be computed differently.',
      action: 'Export the model in its own layout, which its users’ programs read.',
    },
    zh: {
      message: '该模型无法以此布局写出：{reason}。',
      cause: 'Llama 布局只对 Llama 和 InternLM 系列模型精确；其他结构若以此名义写出，计算方式会不同。',
      action: '请以模型自己的布局导出，其使用者的程序能够读取。',
    },
  },
  'model.layout_no_record': {
    en: {
      message: '{folder} does not say what layout it was made from.',
      cause:
        'The way back needs the conversion record in legal_eagle.json, which only folders written by this studio have.',
      action: 'Export it in Llama layout, or start from the original model.',
    },
    zh: {
      message: '{folder} 没有说明由哪种布局转换而来。',
      cause: '还原需要 legal_eagle.json 中的转换记录，只有本程序写出的文件夹才有。',
      action: '请以 Llama 布局导出，或从原始模型开始。',
    },
  },
  'model.index_broken': {
    en: {
      message: '{file} is not a safetensors index.',
      cause: 'It is not valid JSON or has no weight map.',
      action: 'Download this file again.',
    },
    zh: {
      message: '{file} 不是有效的 safetensors 索引。',
      cause: '该文件不是有效的 JSON，或缺少权重映射。',
      action: '请重新下载该文件。',
    },
  },
  'model.index_path': {
    en: {
      message: 'The index names {file}, which is not a safetensors file inside the folder.',
      cause: 'An index may only name files beside it; this one was damaged or made to reach elsewhere.',
      action: 'Download the model from its original source.',
    },
    zh: {
      message: '索引指向 {file}，它不是该文件夹内的 safetensors 文件。',
      cause: '索引只能指向同一文件夹内的文件；该索引已损坏，或被人为改动以访问其他位置。',
      action: '请从原始来源下载模型。',
    },
  },
  'model.shard_missing': {
    en: {
      message: 'The weight file {file} is missing.',
      cause: 'The index names it, so the download is incomplete.',
      action: 'Download this file into the model’s folder.',
    },
    zh: {
      message: '缺少权重文件 {file}。',
      cause: '索引中列有该文件，说明下载不完整。',
      action: '请将该文件下载到模型文件夹。',
    },
  },
  'model.shard_broken': {
    en: {
      message: 'The weight file {file} is damaged or incomplete.',
      cause: 'Its size does not agree with its own header, as after an interrupted download.',
      action: 'Download this file again.',
    },
    zh: {
      message: '权重文件 {file} 已损坏或不完整。',
      cause: '文件大小与其头部信息不符，常见于下载中断。',
      action: '请重新下载该文件。',
    },
  },
  'model.tensor_shape': {
    en: {
      message: '{tensor} has shape {shape}; config.json means {expected}.',
      cause: 'config.json and the weights belong to different models or versions.',
      action: 'Download the model again into an empty folder.',
    },
    zh: {
      message: '{tensor} 的形状为 {shape}，而 config.json 要求 {expected}。',
      cause: 'config.json 与权重属于不同的模型或版本。',
      action: '请将模型重新下载到空文件夹。',
    },
  },
  'model.tensor_dtype': {
    en: {
      message: '{tensor} is stored as {dtype}, which is not supported.',
      cause: 'The weights are quantised or of an unusual type; training needs float32, float16 or bfloat16.',
      action: 'Choose the unquantised version of the model.',
    },
    zh: {
      message: '{tensor} 以不支持的类型 {dtype} 存储。',
      cause: '权重已量化或类型特殊；训练需要 float32、float16 或 bfloat16。',
      action: '请选择未量化的模型版本。',
    },
  },
  'model.no_tokenizer': {
    en: {
      message: '{folder} holds no tokenizer.',
      cause: 'There is neither tokenizer.json nor tokenizer.model.',
      action: 'Download the model’s tokenizer files into the folder.',
    },
    zh: {
      message: '{folder} 中没有分词器。',
      cause: '既没有 tokenizer.json，也没有 tokenizer.model。',
      action: '请将模型的分词器文件下载到该文件夹。',
    },
  },
  'model.tokenizer_broken': {
    en: {
      message: '{file} cannot be read.',
      cause: 'It is damaged or not a tokenizer file.',
      action: 'Download this file again.',
    },
    zh: {
      message: '无法读取 {file}。',
      cause: '文件已损坏，或不是分词器文件。',
      action: '请重新下载该文件。',
    },
  },
  'model.tokenizer_unsupported': {
    en: {
      message: 'The tokenizer in {file} is not supported: {reason}.',
      cause: 'Text would be cut into other tokens than the model was trained with.',
      action: 'Add the model’s tokenizer.json to the folder.',
    },
    zh: {
      message: '不支持 {file} 中的分词器：{reason}。',
      cause: '文本会被切分成与模型训练时不同的词元。',
      action: '请将模型的 tokenizer.json 放入该文件夹。',
    },
  },
  'model.token_missing': {
    en: {
      message: 'The tokenizer has no token {token}.',
      cause: 'The chat template needs it; tokenizer and template belong to different models.',
      action: 'Choose another template, or the tokenizer that belongs to this model.',
    },
    zh: {
      message: '分词器中没有词元 {token}。',
      cause: '对话模板需要该词元；分词器与模板属于不同的模型。',
      action: '请选择其他模板，或使用该模型自带的分词器。',
    },
  },
  'model.vocabulary_too_large': {
    en: {
      message: 'The tokenizer has {tokens} tokens, the model only {vocabulary}.',
      cause: 'Tokens were added to the tokenizer but not to the weights, so some ids have no embedding.',
      action: 'Use the tokenizer that belongs to these weights.',
    },
    zh: {
      message: '分词器有 {tokens} 个词元，而模型只有 {vocabulary} 个。',
      cause: '分词器中新增了词元，但权重没有对应的嵌入。',
      action: '请使用与该权重配套的分词器。',
    },
  },
  'model.token_out_of_range': {
    en: {
      message: 'Token {token} is outside the model’s vocabulary of {vocabulary}.',
      cause: 'The text was prepared with the tokenizer of another model.',
      action: 'Prepare the data again with this model.',
    },
    zh: {
      message: '词元 {token} 超出模型的词表大小 {vocabulary}。',
      cause: '文本是用其他模型的分词器处理的。',
      action: '请使用该模型重新处理数据。',
    },
  },
  'model.beyond_positions': {
    en: {
      message: '{tokens} tokens exceed the model’s {limit} positions.',
      cause: 'The model was not made for text of this length.',
      action: 'Shorten the text or lower the cutoff length.',
    },
    zh: {
      message: '{tokens} 个词元超过了模型的 {limit} 个位置。',
      cause: '该模型不支持这么长的文本。',
      action: '请缩短文本或减小截断长度。',
    },
  },
  'model.prompt_empty': {
    en: {
      message: 'There is nothing to answer.',
      cause: 'The prompt has no tokens.',
      action: 'Write a question.',
    },
    zh: {
      message: '没有可回答的内容。',
      cause: '提示中没有任何词元。',
      action: '请输入问题。',
    },
  },
  'model.lora_target': {
    en: {
      message: '{target} is not a linear layer of this model.',
      cause: 'LoRA can be placed on: {available}.',
      action: 'Choose target modules from this list, or “all”.',
    },
    zh: {
      message: '{target} 不是该模型的线性层。',
      cause: '可以放置 LoRA 的模块：{available}。',
      action: '请从中选择目标模块，或选择“全部”。',
    },
  },
  'model.lora_pattern': {
    en: {
      message: '“{pattern}” cannot be used to choose layers ({reason}).',
      cause:
        'The expression takes literals, “.”, character classes, “|” and groups, with at most four quantifiers and none on a group: that much means the same everywhere and is never slow.',
      action: 'Simplify it, for example to .*[.](q|v)_proj, or list module names as targets.',
    },
    zh: {
      message: '“{pattern}”不能用来选择层（{reason}）。',
      cause:
        '表达式可以使用普通字符、“.”、字符组、“|”和分组，量词最多四个且不能加在分组上：这些写法在各处含义一致，也不会拖慢运行。',
      action: '请简化表达式，例如 .*[.](q|v)_proj，或在目标模块中直接列出模块名。',
    },
  },
  'model.lora_pattern_unmatched': {
    en: {
      message: '“{pattern}” matches none of the layers that could get an adapter.',
      cause: 'The expression must match a whole name, such as {example}.',
      action: 'Write the whole name, with .* for what may be anything, or leave the field empty.',
    },
    zh: {
      message: '“{pattern}”没有匹配到任何可加适配器的层。',
      cause: '表达式必须匹配完整的模块名，例如 {example}。',
      action: '请写出完整的名称，任意部分用 .* 表示，或把此项留空。',
    },
  },
  'model.lora_whole': {
    en: {
      message: '{module} cannot be trained as a whole.',
      cause: 'Beside the adapter, only {available} of this model can be.',
      action: 'Choose these, or place LoRA on {module} instead.',
    },
    zh: {
      message: '{module} 不能整体训练。',
      cause: '除适配器外，该模型只有 {available} 可以整体训练。',
      action: '请选择这些模块，或改为在 {module} 上放置 LoRA。',
    },
  },
  'model.lora_whole_tied': {
    en: {
      message: 'This model has one tensor for embeddings and head, which cannot be trained as a whole.',
      cause: 'A change to one would part it from the other, and the merged model would be another kind.',
      action: 'Set “trained as wholes” to none.',
    },
    zh: {
      message: '该模型的词向量与输出层是同一个张量，不能整体训练。',
      cause: '只改动其中一个会使两者分离，合并后的模型结构也会不同。',
      action: '请把“整体训练的模块”设为“无”。',
    },
  },
  'model.adapter_missing': {
    en: {
      message: '{folder} holds no adapter.',
      cause: 'adapter_config.json or adapter_model.safetensors is missing.',
      action: 'Choose the folder of a finished run or checkpoint.',
    },
    zh: {
      message: '{folder} 中没有适配器。',
      cause: '缺少 adapter_config.json 或 adapter_model.safetensors。',
      action: '请选择已完成的训练或检查点的文件夹。',
    },
  },
  'model.adapter_broken': {
    en: {
      message: '{file} cannot be read.',
      cause: 'The adapter’s file is damaged or incomplete.',
      action: 'Use another checkpoint of the run.',
    },
    zh: {
      message: '无法读取 {file}。',
      cause: '适配器文件已损坏或不完整。',
      action: '请使用该训练的其他检查点。',
    },
  },
  'model.adapter_unsupported': {
    en: {
      message: 'The adapter has {setting} = {value}, which is not supported.',
      cause: 'The engine would compute it differently from how it was trained.',
      action: 'Choose a plain LoRA adapter.',
    },
    zh: {
      message: '适配器使用了不支持的设置 {setting} = {value}。',
      cause: '引擎的计算方式会与其训练时不一致。',
      action: '请选择普通的 LoRA 适配器。',
    },
  },
  'model.adapter_mismatch': {
    en: {
      message: 'The adapter does not fit this base model ({tensor}).',
      cause: 'It was trained on a base of another shape or layout.',
      action: 'Choose the base that the adapter was trained on.',
    },
    zh: {
      message: '适配器与该基座模型不匹配（{tensor}）。',
      cause: '它是在另一种结构的基座模型上训练的。',
      action: '请选择训练该适配器时的基座模型。',
    },
  },
} as const satisfies ErrorTable;
