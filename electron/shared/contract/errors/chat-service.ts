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
      cause: 'A loaded model takes two questions at once, one for each column.',
      action: 'Wait for the answer, or stop it.',
    },
    zh: {
      message: '模型仍在回答上一个问题。',
      cause: '一个已加载的模型最多同时接受两个问题，每列一个。',
      action: '请等待回答完成，或先停止。',
    },
  },
  'chat.loading': {
    en: {
      message: 'The model is still being loaded.',
      cause: 'A question can be asked once all of its layers are in memory.',
      action: 'Wait until it can answer.',
    },
    zh: {
      message: '模型仍在加载。',
      cause: '所有层载入后才能提问。',
      action: '请等待加载完成。',
    },
  },
  'chat.too_many': {
    en: {
      message: '{most} models are open in chats already.',
      cause: 'Every one of them keeps its memory until it is closed.',
      action: 'Close a column, or another window with a chat, and open the model again.',
    },
    zh: {
      message: '已有 {most} 个模型在对话中打开。',
      cause: '每个打开的模型都会一直占用内存或显存，直到关闭。',
      action: '请关闭一列对话，或关闭其他有对话的窗口，然后重新打开模型。',
    },
  },
  'chat.closed': {
    en: {
      message: 'The model was closed.',
      cause: 'Someone closed it here or in another window. Its memory is free; the conversation is kept.',
      action: 'Open the model again to go on.',
    },
    zh: {
      message: '模型已关闭。',
      cause: '它在此处或另一个窗口中被关闭，占用的内存已释放，对话内容仍保留。',
      action: '重新打开模型即可继续。',
    },
  },
  'chat.closed_unwatched': {
    en: {
      message: 'The model was closed because nobody looked at the conversation.',
      cause: 'A loaded model holds GPU memory, so it is let go two minutes after the page was left.',
      action: 'Open the model again to go on; the conversation is kept.',
    },
    zh: {
      message: '对话无人查看，模型已自动关闭。',
      cause: '加载的模型会占用显存，因此离开页面两分钟后会自动释放。',
      action: '重新打开模型即可继续，对话内容仍保留。',
    },
  },
  'chat.closed_idle': {
    en: {
      message: 'The model was closed because nothing was asked for a long time.',
      cause: 'A loaded model holds GPU memory that a training run may need.',
      action: 'Open the model again to go on; the conversation is kept.',
    },
    zh: {
      message: '长时间没有提问，模型已自动关闭。',
      cause: '加载的模型会占用显存，而训练可能需要这些显存。',
      action: '重新打开模型即可继续，对话内容仍保留。',
    },
  },
  'chat.answer_lost': {
    en: {
      message: 'The rest of this answer was lost.',
      cause: 'The page or the model was closed while it was being written.',
      action: 'Have it answered again.',
    },
    zh: {
      message: '这个回答未能保存完整。',
      cause: '回答过程中页面或模型被关闭。',
      action: '请重新回答。',
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
  'chat.no_tuned_model': {
    en: {
      message: 'The run “{run}” has no trained model to talk to yet.',
      cause: 'It has not written a checkpoint, or the one that was named is not whole.',
      action: 'Let the run save a checkpoint first, or open its base model.',
    },
    zh: {
      message: '训练“{run}”还没有可用于对话的模型。',
      cause: '它尚未写出检查点，或指定的检查点不完整。',
      action: '请先让训练保存检查点，或打开其基座模型。',
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
