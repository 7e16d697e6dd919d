import type { ErrorTable } from './error-table.ts';

export const CORE_ERRORS = {
  'core.internal': {
    en: {
      message: 'The studio met a defect of its own.',
      cause: 'A part of the program failed in a way nobody planned for. Your data and runs are not touched.',
      action: 'Open the details, and report them together with what you were doing.',
    },
    zh: {
      message: '程序内部出现了缺陷。',
      cause: '程序的某一部分以未预料的方式失败。您的数据和训练记录没有受到影响。',
      action: '请展开详情，连同您当时的操作一并反馈。',
    },
  },
  'core.invalid_input': {
    en: {
      message: 'The request is not valid: {summary}',
      cause: 'One or more fields are missing, of the wrong type or out of range.',
      action: 'Correct the named fields and try again.',
    },
    zh: {
      message: '请求内容不合规：{summary}',
      cause: '有字段缺失、类型错误或超出范围。',
      action: '请改正指出的字段后重试。',
    },
  },
  'core.unknown_method': {
    en: {
      message: 'There is no operation called “{method}”.',
      cause: 'The window and the core are of different versions, or the name is mistyped.',
      action: 'Reload the window; if it stays, restart the studio.',
    },
    zh: {
      message: '没有名为“{method}”的操作。',
      cause: '界面与核心的版本不一致，或名称有误。',
      action: '请刷新窗口；若仍出现，请重启程序。',
    },
  },
  'core.unknown_topic': {
    en: {
      message: 'There is nothing to follow under “{topic}”.',
      cause: 'The record was removed, or the name is mistyped.',
      action: 'Go back to the list and open the record again.',
    },
    zh: {
      message: '“{topic}”没有可订阅的内容。',
      cause: '该记录已被删除，或名称有误。',
      action: '请回到列表重新打开该记录。',
    },
  },
  'core.bad_frame': {
    en: {
      message: 'A message could not be read.',
      cause: 'What arrived over the connection is not a message of this program.',
      action: 'Reload the window.',
    },
    zh: {
      message: '收到无法识别的消息。',
      cause: '连接上收到的内容不是本程序的消息。',
      action: '请刷新窗口。',
    },
  },
  'core.frame_too_large': {
    en: {
      message: 'A message was too large.',
      cause: 'What the window sent at once is larger than 8 MB of text and values.',
      action: 'Paste or change less at a time; put large data into a file and import that.',
    },
    zh: {
      message: '消息过大。',
      cause: '界面一次发送的内容超过了 8 MB（按文本与数值计）。',
      action: '请减少一次粘贴或修改的内容；大量数据请存为文件后导入。',
    },
  },
  'core.disconnected': {
    en: {
      message: 'The connection to the core was lost.',
      cause:
        'The core stopped, or the network between it and this window broke. Training runs go on by themselves.',
      action: 'Reconnect; nothing that was running is lost.',
    },
    zh: {
      message: '与核心的连接已断开。',
      cause: '核心已停止，或与此窗口之间的网络中断。正在进行的训练不受影响。',
      action: '请重新连接；正在运行的内容不会丢失。',
    },
  },
  'core.not_found': {
    en: {
      message: 'No {kind} matches “{reference}”.',
      cause: 'It was removed, or the id or name is mistyped.',
      action: 'List what there is and use an id or exact name from the list.',
    },
    zh: {
      message: '没有与“{reference}”相符的{kindZh}。',
      cause: '它已被删除，或编号、名称有误。',
      action: '请查看列表，使用其中的编号或完整名称。',
    },
  },
  'core.ambiguous': {
    en: {
      message: '“{reference}” matches more than one {kind}: {matches}.',
      cause: 'Names may repeat, and a short id can fit several records.',
      action: 'Use the full id of the one you mean.',
    },
    zh: {
      message: '“{reference}”对应多个{kindZh}：{matches}。',
      cause: '名称可以重复，过短的编号也可能对应多条记录。',
      action: '请使用目标记录的完整编号。',
    },
  },
  'core.read_only': {
    en: {
      message: 'The data folder is open for reading only: {owner} is using it.',
      cause:
        'Only one studio at a time may change a data folder, so that no two of them write over each other.',
      action: 'Do this in the studio that is running, or close it first.',
    },
    zh: {
      message: '数据目录目前只能读取：{owner} 正在使用它。',
      cause: '同一数据目录同时只允许一个程序修改，以免互相覆盖。',
      action: '请在正在运行的程序中操作，或先将其关闭。',
    },
  },
} as const satisfies ErrorTable;
