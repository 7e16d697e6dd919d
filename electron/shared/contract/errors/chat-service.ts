import type { ErrorTable } from './error-table.ts';

export const CHAT_SERVICE_ERRORS = {
  'chat.session_unknown': {
    en: {
      message: 'This conversation is no longer open.',
      cause: 'It was closed, or the studio was restarted since.',
      action: 'Open the model again.',
    },
    zh: {
      message: '该对话已不再打开。',
      cause: '对话已关闭，或程序在此期间重启过。',
      action: '请重新打开模型。',
    },
  },
  'chat.busy': {
    en: {
      message: 'The model is still answering.',
      cause: 'One conversation answers one question at a time.',
      action: 'Wait for the answer, or stop it.',
    },
    zh: {
      message: '模型仍在回答上一个问题。',
      cause: '一个对话一次只回答一个问题。',
      action: '请等待回答完成，或先停止。',
    },
  },
  'chat.ended': {
    en: {
      message: 'The process that answers has ended.',
      cause: 'It could not load the model, ran out of memory, or was closed from outside.',
      action: 'Read the details, then open the model again.',
    },
    zh: {
      message: '负责回答的进程已结束。',
      cause: '模型无法载入、内存不足，或进程被外部关闭。',
      action: '请查看详情，然后重新打开模型。',
    },
  },
  'chat.no_adapter': {
    en: {
      message: 'The run “{run}” has no adapter to talk to yet.',
      cause: 'It has not written a checkpoint, or the one that was named is not whole.',
      action: 'Let the run save a checkpoint first, or open its base model.',
    },
    zh: {
      message: '训练“{run}”还没有可用于对话的适配器。',
      cause: '它尚未写出检查点，或指定的检查点不完整。',
      action: '请先让训练保存检查点，或打开其基座模型。',
    },
  },
} as const satisfies ErrorTable;
