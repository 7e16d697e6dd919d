import type { ErrorTable } from './error-table.ts';

/** What can be wrong with a source, an import or a dataset file. Findings fill {key} and {detail}. */
export const DATA_ERRORS = {
  'data.import_needs_consent': {
    en: {
      message: '{usable} of {rows} rows can be used; nothing was imported yet.',
      cause:
        '{excluded} rows have errors and {unreadable} places could not be read, first in {file}, line {line} ({reason}).',
      action: 'Import only the usable rows, or correct the file and import again.',
    },
    zh: {
      message: '{rows} 行中有 {usable} 行可用；尚未导入任何内容。',
      cause: '{excluded} 行有错误，{unreadable} 处无法读取，首处在 {file} 第 {line} 行（{reason}）。',
      action: '只导入可用的行，或修改文件后重新导入。',
    },
  },
  'data.no_usable_rows': {
    en: {
      message: 'None of {rows} rows can be used.',
      cause: 'The first reason is in {file}, line {line} ({reason}).',
      action: 'Choose the columns of question and answer in the mapping, or correct the file.',
    },
    zh: {
      message: '{rows} 行中没有一行可用。',
      cause: '第一个原因在 {file} 第 {line} 行（{reason}）。',
      action: '在字段映射中选择问题列和回答列，或修改文件。',
    },
  },
  'data.source_not_found': {
    en: {
      message: '{file} does not exist.',
      cause: 'It was moved, renamed or lies on a drive that is not connected.',
      action: 'Choose the file again.',
    },
    zh: {
      message: '{file} 不存在。',
      cause: '文件已移动、改名，或所在磁盘未连接。',
      action: '重新选择文件。',
    },
  },
  'data.source_unreadable': {
    en: {
      message: '{file} cannot be read: {reason}.',
      cause: 'Another program holds it, or you may not read it.',
      action: 'Close the other program or change the file’s permissions, then import again.',
    },
    zh: {
      message: '无法读取 {file}：{reason}。',
      cause: '文件被其他程序占用，或没有读取权限。',
      action: '关闭占用的程序或修改权限，然后重新导入。',
    },
  },
  'data.link_leads_out': {
    en: {
      message: '{file} is a link to a file outside the folder.',
      cause: 'Whoever made the folder could have any file of this machine read that way.',
      action: 'If the file is meant, choose it itself; else remove the link and import again.',
    },
    zh: {
      message: '{file} 是指向文件夹之外的链接。',
      cause: '制作该文件夹的人可借此让本机的任意文件被读取。',
      action: '若确需该文件，请直接选择文件本身；否则请删除链接后重新导入。',
    },
  },
  'data.no_data_files': {
    en: {
      message: '{folder} holds no data file.',
      cause: 'Data files end in one of {suffixes} (also compressed with .gz).',
      action: 'Choose another folder or name the file itself.',
    },
    zh: {
      message: '{folder} 中没有数据文件。',
      cause: '数据文件的后缀为 {suffixes} 之一（也可为 .gz 压缩）。',
      action: '选择其他文件夹，或直接指定文件。',
    },
  },
  'data.source_changed': {
    en: {
      message: '{file} changed while it was read.',
      cause: 'Another program is still writing to it.',
      action: 'Wait until it is finished and import again.',
    },
    zh: {
      message: '{file} 在读取过程中发生了变化。',
      cause: '其他程序仍在写入。',
      action: '等待写入完成后重新导入。',
    },
  },
  'data.empty_file': {
    en: { message: 'The file is empty.', cause: 'It has no rows.', action: 'Choose another file.' },
    zh: { message: '文件为空。', cause: '其中没有任何行。', action: '选择其他文件。' },
  },
  'data.container_unsupported': {
    en: {
      message: 'Files of the kind {detail} cannot be read yet.',
      cause: 'JSON, JSON Lines, CSV and TSV are read, also compressed with .gz.',
      action: 'Save the table as CSV (UTF-8) or JSON Lines and import that file.',
    },
    zh: {
      message: '暂不支持读取 {detail} 类型的文件。',
      cause: '支持 JSON、JSON Lines、CSV、TSV 及其 .gz 压缩文件。',
      action: '把表格另存为 CSV（UTF-8）或 JSON Lines 后导入。',
    },
  },
  'data.not_json': {
    en: {
      message: 'The file holds neither JSON nor a table. It begins with: {detail}',
      cause: 'Its content does not fit its name.',
      action: 'Save the data as JSON, JSON Lines or CSV with the suffix of that kind.',
    },
    zh: {
      message: '文件内容既不是 JSON 也不是表格，开头为：{detail}',
      cause: '内容与文件名不符。',
      action: '把数据保存为 JSON、JSON Lines 或 CSV，并使用相应后缀。',
    },
  },
  'data.no_mapping': {
    en: {
      message: 'No columns look like question and answer. The columns: {detail}',
      cause: 'Their names are not known.',
      action: 'Choose the columns of question and answer in the mapping.',
    },
    zh: {
      message: '找不到问题列和回答列。现有列：{detail}',
      cause: '列名无法识别。',
      action: '在字段映射中选择问题列和回答列。',
    },
  },
  'data.compressed_damaged': {
    en: {
      message: 'The compressed file is damaged: {detail}. The rows before the damage were read.',
      cause: 'The download or copy was not complete.',
      action: 'Get the file again.',
    },
    zh: {
      message: '压缩文件已损坏：{detail}。损坏处之前的行已读取。',
      cause: '下载或复制不完整。',
      action: '重新获取文件。',
    },
  },
  'data.utf8_bom': {
    en: {
      message: 'The file begins with a byte order mark, which was passed over.',
      cause: 'Windows programs write it.',
      action: 'Carry on: nothing has to be done.',
    },
    zh: {
      message: '文件以字节顺序标记（BOM）开头，已忽略。',
      cause: 'Windows 程序会写入它。',
      action: '无需处理。',
    },
  },
  'data.crlf': {
    en: {
      message: 'The lines end as on Windows (CRLF).',
      cause: 'The file was written on Windows.',
      action: 'Carry on: nothing has to be done.',
    },
    zh: {
      message: '文件使用 Windows 换行（CRLF）。',
      cause: '文件在 Windows 上写成。',
      action: '无需处理。',
    },
  },
  'data.encoding': {
    en: {
      message: 'The file is in {detail} and was converted.',
      cause: 'It was saved by a program that does not use UTF-8.',
      action: 'Look at a row in the preview.',
    },
    zh: {
      message: '文件编码为 {detail}，已转换。',
      cause: '保存文件的程序没有使用 UTF-8。',
      action: '请在预览中查看一行。',
    },
  },
  'data.blank_lines': {
    en: {
      message: '{detail} blank lines were passed over.',
      cause: 'They hold no record.',
      action: 'Carry on: nothing has to be done.',
    },
    zh: { message: '已跳过 {detail} 个空行。', cause: '其中没有记录。', action: '无需处理。' },
  },
  'data.wrong_extension': {
    en: {
      message: 'The content does not fit the name ({detail}); it was read by its content.',
      cause: 'The file was renamed, or a tool chose the suffix.',
      action: 'Carry on: nothing has to be done; rename the file for other tools.',
    },
    zh: {
      message: '内容与文件名不符（{detail}），已按内容读取。',
      cause: '文件被改名，或后缀由工具决定。',
      action: '无需处理；若要供其他工具使用，请改名。',
    },
  },
  'data.pretty_printed': {
    en: {
      message: 'The records span several lines; all were read.',
      cause: 'JSON Lines wants one record a line.',
      action: 'Carry on: nothing has to be done; write one record a line for other tools.',
    },
    zh: {
      message: '记录跨越多行，已全部读取。',
      cause: 'JSON Lines 要求每行一条记录。',
      action: '无需处理；若要供其他工具使用，请每行写一条。',
    },
  },
  'data.wrapped': {
    en: {
      message: 'The rows were found under {key}.',
      cause: 'The table is wrapped in an object.',
      action: 'Carry on: nothing has to be done.',
    },
    zh: { message: '在 {key} 下找到了数据行。', cause: '表格被包在一个对象里。', action: '无需处理。' },
  },
  'data.keyed_object': {
    en: {
      message: 'The rows were found as the values of one object.',
      cause: 'The table is an object whose keys number or name the rows.',
      action: 'Carry on: nothing has to be done.',
    },
    zh: {
      message: '数据行是一个对象的各个值，已读取。',
      cause: '表格写成了以编号或名称为键的对象。',
      action: '无需处理。',
    },
  },
  'data.nested_lists': {
    en: {
      message: 'The rows were found inside lists of lists.',
      cause: 'Each row, or a group of rows, is a list of its own.',
      action: 'Carry on: nothing has to be done.',
    },
    zh: {
      message: '数据行位于嵌套的列表中，已读取。',
      cause: '每一行或每一组行单独成为列表。',
      action: '无需处理。',
    },
  },
  'data.answer_lists': {
    en: {
      message: 'The answers are lists; the first answer of each row is used.',
      cause: 'The data set holds several answers to a question.',
      action: 'Carry on: nothing has to be done, or choose the answers yourself.',
    },
    zh: {
      message: '回答是列表，采用每行的第一个回答。',
      cause: '数据集中一个问题有多个回答。',
      action: '无需处理，或自行挑选回答。',
    },
  },
  'data.csv_header': {
    en: {
      message: 'The column {key} is named twice; the second got a number.',
      cause: 'Two columns have one name.',
      action: 'Rename one of them if it is needed.',
    },
    zh: {
      message: '列名 {key} 重复，第二列已加上编号。',
      cause: '两列使用了同一名称。',
      action: '如需要，请为其中一列改名。',
    },
  },
  'data.disk_full': {
    en: {
      message: 'The disk is full; the dataset was not written.',
      cause: 'There is no room for {file}.',
      action: 'Free some space and import again.',
    },
    zh: {
      message: '磁盘已满，未写入数据集。',
      cause: '没有空间保存 {file}。',
      action: '清理空间后重新导入。',
    },
  },
  'data.write_failed': {
    en: {
      message: 'The dataset cannot be written: {reason}.',
      cause: 'The folder of {file} cannot be written to.',
      action: 'Check the folder’s permissions and import again.',
    },
    zh: {
      message: '无法写入数据集：{reason}。',
      cause: '{file} 所在文件夹不可写。',
      action: '检查文件夹权限后重新导入。',
    },
  },
  'data.dataset_missing': {
    en: {
      message: 'The dataset file {file} does not exist.',
      cause: 'It was deleted or moved outside of the studio.',
      action: 'Import the data again.',
    },
    zh: {
      message: '数据集文件 {file} 不存在。',
      cause: '文件在本程序之外被删除或移动。',
      action: '重新导入数据。',
    },
  },
  'data.dataset_damaged': {
    en: {
      message: 'The dataset file {file} cannot be read: {reason}.',
      cause: 'The file is damaged or no dataset.',
      action: 'Import the data again.',
    },
    zh: {
      message: '无法读取数据集文件 {file}：{reason}。',
      cause: '文件已损坏，或不是数据集。',
      action: '重新导入数据。',
    },
  },
  'data.dataset_newer': {
    en: {
      message: 'The dataset file {file} was written by a newer version of the studio.',
      cause: 'It has version {version}; this studio knows up to {known}.',
      action: 'Update the studio.',
    },
    zh: {
      message: '数据集文件 {file} 由更新版本的程序写成。',
      cause: '其版本为 {version}，本程序最高支持 {known}。',
      action: '请更新本程序。',
    },
  },
} as const satisfies ErrorTable;
