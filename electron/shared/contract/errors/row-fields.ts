import type { ErrorTable } from './error-table.ts';

/** What can be wrong with the fields of a row. {key} is a field, {detail} the raw fact. */
export const ROW_FIELD_ERRORS = {
  'row.no_layout': {
    en: {
      message: 'No field of the record looks like a question and an answer. Its fields: {detail}',
      cause: 'The fields have names that are not known.',
      action: 'Choose the columns of question and answer in the mapping.',
    },
    zh: {
      message: '记录中找不到问题和回答字段。现有字段：{detail}',
      cause: '字段名称无法识别。',
      action: '在字段映射中选择问题列和回答列。',
    },
  },
  'row.missing_key': {
    en: {
      message: 'The record has no {key}.',
      cause: 'Other rows of the file have this field.',
      action: 'Add the field, or import without this row.',
    },
    zh: {
      message: '记录缺少 {key}。',
      cause: '文件中的其他行有这个字段。',
      action: '补上该字段，或导入时不含此行。',
    },
  },
  'row.key_variant': {
    en: {
      message: 'The field is named {detail} instead of {key}; it was taken as {key}.',
      cause: 'Blanks or capital letters came into the name.',
      action: 'Carry on: nothing has to be done; rename the field to make the file valid for other tools.',
    },
    zh: {
      message: '字段名是 {detail} 而不是 {key}，已按 {key} 读取。',
      cause: '名称中混入了空格或大写字母。',
      action: '无需处理；若要供其他工具使用，请改正字段名。',
    },
  },
  'row.optional_key_missing': {
    en: {
      message: 'The record has no {key}; it is used without.',
      cause: 'The mapping names this column, and other rows have it.',
      action: 'Carry on: nothing has to be done if the row is meant to be so.',
    },
    zh: {
      message: '记录没有 {key}，已按无此字段使用。',
      cause: '字段映射指定了这一列，其他行有此列。',
      action: '如果该行本应如此，则无需处理。',
    },
  },
  'row.null_value': {
    en: {
      message: '{key} is null.',
      cause: 'The value was not known when the file was written.',
      action: 'Fill the field, or import without this row.',
    },
    zh: {
      message: '{key} 的值为 null。',
      cause: '写文件时没有这个值。',
      action: '填写该字段，或导入时不含此行。',
    },
  },
  'row.empty_value': {
    en: {
      message: '{key} is empty.',
      cause: 'The text is missing or only blanks.',
      action: 'Fill the field, or import without this row.',
    },
    zh: {
      message: '{key} 为空。',
      cause: '文本缺失，或只有空白。',
      action: '填写该字段，或导入时不含此行。',
    },
  },
  'row.wrong_type': {
    en: {
      message: '{key} is no text but {detail}.',
      cause: 'A script wrote a structure or a number where the text belongs.',
      action: 'Write the value as text, or import without this row.',
    },
    zh: {
      message: '{key} 不是文本，而是 {detail}。',
      cause: '脚本在应写文本处写入了结构或数字。',
      action: '把该值改为文本，或导入时不含此行。',
    },
  },
  'row.reference_text': {
    en: {
      message: '{key} is one text where other rows have a list; it was taken as a list of one.',
      cause: 'Rows of two versions of a data set were put together.',
      action: 'Carry on: nothing has to be done.',
    },
    zh: {
      message: '{key} 是一段文本，而其他行是列表；已按单元素列表读取。',
      cause: '不同版本数据集的行混在了一起。',
      action: '无需处理。',
    },
  },
  'row.schema_change': {
    en: {
      message: 'From this row on the fields are different ({detail}); both kinds were read.',
      cause: 'Files of two layouts were put together, for example DISC Pair and Triplet.',
      action: 'Carry on: nothing has to be done; look at one row of each layout in the preview.',
    },
    zh: {
      message: '从这一行起字段不同（{detail}），两种都已读取。',
      cause: '两种格式的文件混在一起，例如 DISC Pair 与 Triplet。',
      action: '无需处理；请在预览中各看一行。',
    },
  },
  'row.lone_surrogate': {
    en: {
      message: 'The text holds half of a character that has no meaning alone.',
      cause: 'An emoji or rare character was cut in two by a script.',
      action: 'Correct the text, or import without this row.',
    },
    zh: {
      message: '文本含有无法单独存在的半个字符。',
      cause: '表情或生僻字被脚本切成了两半。',
      action: '修改文本，或导入时不含此行。',
    },
  },
  'row.preference': {
    en: {
      message: 'The row belongs to preference training ({key}), not to fine-tuning.',
      cause: 'It compares a good with a bad answer; learning both as answers would do harm.',
      action: 'Use a data set of questions and answers.',
    },
    zh: {
      message: '这一行属于偏好训练数据（{key}），不是微调数据。',
      cause: '它比较好答案与坏答案，把两者都当作答案学习有害。',
      action: '请使用问答数据集。',
    },
  },
  'row.pretraining': {
    en: {
      message: 'The row is plain text without a question and an answer.',
      cause: 'It belongs to pre-training.',
      action: 'Use a data set of questions and answers.',
    },
    zh: { message: '这一行是没有问答的纯文本。', cause: '它属于预训练数据。', action: '请使用问答数据集。' },
  },
  'row.media': {
    en: {
      message: 'The row needs pictures, sound or video ({key}).',
      cause: 'Only text models are trained here.',
      action: 'Take these rows out of the file.',
    },
    zh: {
      message: '这一行需要图片、音频或视频（{key}）。',
      cause: '这里只训练文本模型。',
      action: '从文件中去掉这些行。',
    },
  },
} as const satisfies ErrorTable;
