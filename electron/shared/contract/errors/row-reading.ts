import type { ErrorTable } from './error-table.ts';

/** What can be wrong with the text of a row. {key} is a field, {detail} the raw fact. */
export const ROW_READING_ERRORS = {
  'row.encoding_mixed': {
    en: {
      message: 'The line is in another encoding ({detail}) than its file and was converted.',
      cause: 'The file was put together from parts that were saved in different encodings.',
      action: 'Look at the row, and save the file as UTF-8 if its text is wrong.',
    },
    zh: {
      message: '这一行的编码（{detail}）与文件其余部分不同，已转换。',
      cause: '文件由不同编码的片段拼接而成。',
      action: '查看该行文字，如有乱码请把文件统一另存为 UTF-8。',
    },
  },
  'row.undecodable': {
    en: {
      message: 'The line holds bytes that are no text in any encoding that is known here.',
      cause: 'The file was damaged, or parts of it are in an unusual encoding.',
      action: 'Replace the line from its origin and import again.',
    },
    zh: {
      message: '这一行含有无法解码的字节。',
      cause: '文件已损坏，或部分内容使用了少见的编码。',
      action: '从原始来源恢复该行后重新导入。',
    },
  },
  'row.json_syntax': {
    en: {
      message: 'The text is no valid JSON: {detail}.',
      cause: 'A quote, comma or bracket is missing or too many.',
      action: 'Correct the place that is named and import again.',
    },
    zh: {
      message: '该处不是合法的 JSON：{detail}。',
      cause: '缺少或多出了引号、逗号或括号。',
      action: '修改所指位置后重新导入。',
    },
  },
  'row.json_truncated': {
    en: {
      message: 'The text ends in the middle of a record: {detail}.',
      cause: 'The file was cut off, for example by a download or a full disk.',
      action: 'Get the whole file again, or import the rows before the cut.',
    },
    zh: {
      message: '记录没有写完就结束了：{detail}。',
      cause: '文件被截断，例如下载中断或磁盘已满。',
      action: '重新获取完整文件，或只导入截断之前的行。',
    },
  },
  'row.trailing_comma': {
    en: {
      message: 'A comma without a value was passed over.',
      cause: 'JSON allows no comma after the last value; some editors and scripts leave one.',
      action: 'Carry on: nothing has to be done; remove the comma to make the file valid for other tools.',
    },
    zh: {
      message: '已忽略多余的逗号。',
      cause: 'JSON 不允许最后一个值后面有逗号，有些编辑器和脚本会留下它。',
      action: '无需处理；若要供其他工具使用，请删除该逗号。',
    },
  },
  'row.missing_comma': {
    en: {
      message: 'A comma between two records is missing; both were read.',
      cause: 'The file was put together by hand or by a script.',
      action: 'Carry on: nothing has to be done; add the comma to make the file valid for other tools.',
    },
    zh: {
      message: '两条记录之间缺少逗号，两条都已读取。',
      cause: '文件由手工或脚本拼接而成。',
      action: '无需处理；若要供其他工具使用，请补上逗号。',
    },
  },
  'row.comment_line': {
    en: {
      message: 'A comment was passed over: {detail}',
      cause: 'JSON has no comments.',
      action: 'Carry on: nothing has to be done; remove the comment to make the file valid for other tools.',
    },
    zh: {
      message: '已跳过注释：{detail}',
      cause: 'JSON 没有注释。',
      action: '无需处理；若要供其他工具使用，请删除注释。',
    },
  },
  'row.python_repr': {
    en: {
      message: 'The line is a Python dictionary, not JSON: {detail}',
      cause: 'It was written with str() or print() instead of json.dumps().',
      action: 'Write the file again with json.dumps(row, ensure_ascii=False).',
    },
    zh: {
      message: '这一行是 Python 字典，不是 JSON：{detail}',
      cause: '写文件时用了 str() 或 print()，而不是 json.dumps()。',
      action: '用 json.dumps(row, ensure_ascii=False) 重新写出文件。',
    },
  },
  'row.concatenated_objects': {
    en: {
      message: 'The line holds {detail} records; all of them were read.',
      cause: 'A line feed between records is missing.',
      action: 'Carry on: nothing has to be done; put every record on a line of its own for other tools.',
    },
    zh: {
      message: '这一行有 {detail} 条记录，已全部读取。',
      cause: '记录之间缺少换行。',
      action: '无需处理；若要供其他工具使用，请让每条记录单独成行。',
    },
  },
  'row.raw_control_character': {
    en: {
      message: 'A line feed, tab or control character stood unescaped inside a text and was kept.',
      cause: 'JSON wants such characters written as \\n, \\t or \\u00XX.',
      action: 'Look at the row: a lost quote can look the same.',
    },
    zh: {
      message: '文本中有未转义的换行、制表或控制字符，已保留。',
      cause: 'JSON 要求写成 \\n、\\t 或 \\u00XX。',
      action: '查看该行：缺少引号时也会出现同样情况。',
    },
  },
  'row.duplicate_key': {
    en: {
      message: 'The record names {key} twice; the last value is used.',
      cause: 'A script wrote the key again instead of replacing it.',
      action: 'Look at the row and remove the value that is wrong.',
    },
    zh: {
      message: '记录中 {key} 出现了两次，采用最后一个值。',
      cause: '脚本重复写入了同一个键。',
      action: '查看该行并删除错误的值。',
    },
  },
  'row.too_large': {
    en: {
      message: 'The record is longer than a record may be.',
      cause: 'A closing quote or a line feed is missing, so that much of the file looks like one record.',
      action: 'Open the file at this line and close the quote.',
    },
    zh: {
      message: '这条记录超过了允许的长度。',
      cause: '缺少右引号或换行，使文件的大部分看起来像一条记录。',
      action: '在该行打开文件并补上引号。',
    },
  },
  'row.too_deep': {
    en: {
      message: 'The record is nested too deeply.',
      cause: 'Lists or objects stand inside one another for many levels; training rows do not.',
      action: 'Take the record out of the file or flatten it.',
    },
    zh: {
      message: '这条记录嵌套过深。',
      cause: '列表或对象层层嵌套，训练数据不应如此。',
      action: '从文件中删除该记录，或展平其结构。',
    },
  },
  'row.not_an_object': {
    en: {
      message: 'The record is no object with named fields but {detail}.',
      cause: 'Every row needs named fields such as a question and an answer.',
      action: 'Give the fields names, or take the file out of the import.',
    },
    zh: {
      message: '这条记录不是带字段名的对象，而是 {detail}。',
      cause: '每一行都需要有名称的字段，例如问题和回答。',
      action: '为字段加上名称，或不要导入此文件。',
    },
  },
  'row.csv_unclosed_quote': {
    en: {
      message: 'A quoted cell that begins here never ends: {detail}.',
      cause: 'The closing quote is missing, or a quote inside the text is not doubled.',
      action: 'Close the quote, or write quotes inside a cell twice.',
    },
    zh: {
      message: '从这里开始的带引号单元格没有结束：{detail}。',
      cause: '缺少右引号，或单元格内的引号没有写成两个。',
      action: '补上引号，或把单元格内的引号写成两个。',
    },
  },
  'row.csv_syntax': {
    en: {
      message: 'The line is no valid CSV: {detail}.',
      cause: 'Text follows a closing quote, or quotes are placed wrongly.',
      action: 'Correct the quotes and import again.',
    },
    zh: {
      message: '这一行不是合法的 CSV：{detail}。',
      cause: '右引号后面还有文字，或引号位置不对。',
      action: '修改引号后重新导入。',
    },
  },
  'row.csv_columns': {
    en: {
      message: 'The row has more cells than the table has columns ({detail}).',
      cause: 'A delimiter inside a text is not in quotes, so the text was cut.',
      action: 'Put the text in quotes and import again.',
    },
    zh: {
      message: '这一行的单元格多于表格的列（{detail}）。',
      cause: '文本中的分隔符没有放在引号里，文本被切断。',
      action: '把文本放进引号后重新导入。',
    },
  },
} as const satisfies ErrorTable;
