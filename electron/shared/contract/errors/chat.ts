import type { ErrorTable } from './error-table.ts';

export const CHAT_ERRORS = {
  'chat.request_invalid': {
    en: {
      message: 'The chat request is not valid ({field}): {reason}.',
      cause: 'A request is one line of JSON as the chat protocol describes it.',
      action: 'Correct the named field and send the request again.',
    },
    zh: {
      message: '聊天请求无效（{field}）：{reason}。',
      cause: '每个请求应为一行符合聊天协议的 JSON。',
      action: '请修正所指字段后重新发送。',
    },
  },
  'chat.context_too_long': {
    en: {
      message:
        'The conversation has {promptTokens} tokens; the model holds {maxPositions}, its answer included.',
      cause: 'Nothing is cut off silently, because an answer to half a question misleads.',
      action: 'Shorten the conversation or start a new one.',
    },
    zh: {
      message: '对话共 {promptTokens} 个词元；模型连同回答最多容纳 {maxPositions} 个。',
      cause: '本软件不会悄悄截断内容，因为只看到半个问题的回答会误导人。',
      action: '请缩短对话，或另开新对话。',
    },
  },
  'chat.out_of_memory': {
    en: {
      message: 'The GPU has no memory left for a conversation of {tokens} tokens.',
      cause: 'Every token of a conversation keeps its place in GPU memory beside the model.',
      action: 'Start a new conversation, or close what else uses this GPU.',
    },
    zh: {
      message: '显存不足，无法容纳 {tokens} 个词元的对话。',
      cause: '除模型本身外，对话中的每个词元都会占用显存。',
      action: '请另开新对话，或关闭其他占用该显卡的程序。',
    },
  },
  'chat.out_of_host_memory': {
    en: {
      message: 'The machine has no memory left for a conversation of {tokens} tokens.',
      cause: 'On the processor, the model and every token of a conversation keep their place in main memory.',
      action: 'Start a new conversation, or close other programs.',
    },
    zh: {
      message: '内存不足，无法容纳 {tokens} 个词元的对话。',
      cause: '在处理器上回答时，模型本身和对话中的每个词元都会占用内存。',
      action: '请另开新对话，或关闭其他程序。',
    },
  },
  'chat.template_mismatch': {
    en: {
      message: 'The adapter was trained with template {adapterTemplate}, this chat uses {template}.',
      cause: 'A model that sees another template than in training answers noticeably worse.',
      action: 'Use the adapter with the template of its run.',
    },
    zh: {
      message: '适配器训练时使用模板 {adapterTemplate}，而当前对话使用 {template}。',
      cause: '若对话模板与训练时不同，模型的回答质量会明显下降。',
      action: '请使用该适配器训练时的模板。',
    },
  },
  'chat.base_mismatch': {
    en: {
      message:
        'The adapter at {adapterPath} was trained on another base model than {modelPath} ({difference}).',
      cause: 'An adapter holds differences to one base; on another base they mean nothing.',
      action: 'Choose the base model that the adapter was trained on.',
    },
    zh: {
      message: '适配器 {adapterPath} 的训练基座不是 {modelPath}（{difference}）。',
      cause: '适配器只记录相对于某一基座的差异，换用其他基座没有意义。',
      action: '请选择训练该适配器时使用的基座模型。',
    },
  },
  'chat.model_failed_parity': {
    en: {
      message: '{modelPath} failed its parity check after the merge.',
      cause: 'Its written files do not answer as base and adapter do; they were kept for inspection only.',
      action: 'Merge again and chat with the new folder.',
    },
    zh: {
      message: '{modelPath} 在合并后的一致性检查中未通过。',
      cause: '写出的文件与“基座 + 适配器”的回答不一致，仅供排查之用。',
      action: '请重新合并，并使用新的模型文件夹。',
    },
  },
  'chat.no_input': {
    en: {
      message: 'The chat job has no requests to read.',
      cause: 'It takes requests from a pipe on its standard input, which was not connected.',
      action: 'Start it through the studio or its command line.',
    },
    zh: {
      message: '聊天任务没有可读取的请求。',
      cause: '它从标准输入的管道读取请求，但该管道未连接。',
      action: '请通过本软件或其命令行启动。',
    },
  },
} as const satisfies ErrorTable;
