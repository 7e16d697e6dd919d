import type { ErrorTable } from './error-table.ts';

/** What can be wrong with the turns of a conversation. {key} is a field, {detail} the raw fact. */
export const ROW_TURN_ERRORS = {
  'row.dialect': {
    en: {
      message: 'From this row on conversations are written differently ({detail}); both kinds were read.',
      cause: 'Files of two tools were put together.',
      action: 'Carry on: nothing has to be done; look at one row of each kind in the preview.',
    },
    zh: {
      message: '从这一行起对话写法不同（{detail}），两种都已读取。',
      cause: '两种工具的文件混在一起。',
      action: '无需处理；请在预览中各看一行。',
    },
  },
  'row.no_messages': {
    en: {
      message: 'The conversation is empty.',
      cause: 'The list has no turn.',
      action: 'Take the row out of the file.',
    },
    zh: { message: '对话为空。', cause: '列表中没有任何一轮。', action: '从文件中删除该行。' },
  },
  'row.system_only': {
    en: {
      message: 'The conversation has only a system prompt.',
      cause: 'Question and answer are missing.',
      action: 'Add them, or take the row out of the file.',
    },
    zh: {
      message: '对话中只有系统提示。',
      cause: '缺少问题和回答。',
      action: '补上问答，或从文件中删除该行。',
    },
  },
  'row.system_not_first': {
    en: {
      message: 'A system prompt stands in the middle of the conversation ({detail}).',
      cause: 'Templates know a system prompt only at the beginning.',
      action: 'Move it to the beginning, or split the conversation there.',
    },
    zh: {
      message: '系统提示出现在对话中间（{detail}）。',
      cause: '对话模板只支持开头的系统提示。',
      action: '把它移到开头，或在该处拆分对话。',
    },
  },
  'row.starts_with_assistant': {
    en: {
      message:
        'The conversation begins with an answer; this turn is left out, and the row too if nothing remains.',
      cause: 'There is no question that it answers.',
      action: 'Carry on: nothing has to be done, or add the question.',
    },
    zh: {
      message: '对话以回答开头；该轮已省略，若没有剩余内容则整行排除。',
      cause: '没有与之对应的问题。',
      action: '无需处理，或补上问题。',
    },
  },
  'row.ends_with_user': {
    en: {
      message:
        'The conversation ends with a question; this turn is left out, and the row too if nothing remains.',
      cause: 'There is no answer that could be learned.',
      action: 'Carry on: nothing has to be done, or add the answer.',
    },
    zh: {
      message: '对话以提问结尾；该轮已省略，若没有剩余内容则整行排除。',
      cause: '没有可供学习的回答。',
      action: '无需处理，或补上回答。',
    },
  },
  'row.same_role_twice': {
    en: {
      message: 'Two turns of one side follow each other ({detail}); they were joined.',
      cause: 'An afterthought was written as a turn of its own, or a turn is missing between them.',
      action: 'Look at the row if a turn may be missing.',
    },
    zh: {
      message: '同一方连续出现两轮（{detail}），已合并。',
      cause: '补充说明被写成了单独一轮，或中间缺了一轮。',
      action: '如可能缺少一轮，请查看该行。',
    },
  },
  'row.unknown_role': {
    en: {
      message: 'The role {detail} is not known.',
      cause: "It is misspelt, or a tool's own word.",
      action: 'Use user, assistant and system (or human and gpt).',
    },
    zh: {
      message: '无法识别角色 {detail}。',
      cause: '拼写错误，或是某个工具特有的叫法。',
      action: '请使用 user、assistant、system（或 human、gpt）。',
    },
  },
  'row.unknown_turn': {
    en: {
      message: 'A turn has fields that are not known: {detail}.',
      cause: 'A turn needs a role and a text.',
      action: 'Rename the fields to role and content.',
    },
    zh: {
      message: '某一轮的字段无法识别：{detail}。',
      cause: '每一轮都需要角色和文本。',
      action: '把字段改名为 role 和 content。',
    },
  },
  'row.empty_content': {
    en: {
      message: 'A turn of {detail} is empty.',
      cause: 'Its text is missing or only blanks.',
      action: 'Fill the turn, or import without this row.',
    },
    zh: {
      message: '{detail} 的一轮内容为空。',
      cause: '文本缺失，或只有空白。',
      action: '填写该轮内容，或导入时不含此行。',
    },
  },
  'row.missing_content': {
    en: {
      message: 'A turn of {detail} has no {key}.',
      cause: 'The field was forgotten or misspelt.',
      action: 'Add the field, or import without this row.',
    },
    zh: {
      message: '{detail} 的一轮缺少 {key}。',
      cause: '字段遗漏或拼写错误。',
      action: '补上该字段，或导入时不含此行。',
    },
  },
  'row.content_parts': {
    en: {
      message:
        'A turn is a list of parts ({detail}). Text parts were joined; other parts cannot be learned and exclude the row.',
      cause: 'The file was made for models that take pictures or tools.',
      action: 'Carry on: nothing has to be done for text; take the other rows out of the file.',
    },
    zh: {
      message: '某一轮由多个部分组成（{detail}）。文本部分已合并；含其他部分的行被排除。',
      cause: '文件是为支持图片或工具的模型制作的。',
      action: '文本无需处理；其他行请从文件中去掉。',
    },
  },
  'row.tool_messages': {
    en: {
      message: 'The conversation calls tools ({detail}).',
      cause: 'Tool calls are not trained yet.',
      action: 'Import without these rows.',
    },
    zh: {
      message: '对话中有工具调用（{detail}）。',
      cause: '目前还不支持训练工具调用。',
      action: '导入时不含这些行。',
    },
  },
  'row.history_shape': {
    en: {
      message: 'An entry of {key} is no pair of question and answer ({detail}).',
      cause: 'Earlier turns are pairs of two texts that are not empty.',
      action: 'Correct the entry, or import without this row.',
    },
    zh: {
      message: '{key} 中有一项不是问答对（{detail}）。',
      cause: '历史轮次应为两段非空文本组成的对。',
      action: '修改该项，或导入时不含此行。',
    },
  },
} as const satisfies ErrorTable;
