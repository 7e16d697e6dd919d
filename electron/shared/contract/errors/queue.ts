import type { ErrorTable } from './error-table.ts';

export const QUEUE_ERRORS = {
  'queue.not_queued': {
    en: {
      message: 'The run “{run}” is not in the queue.',
      cause: 'It has started, was taken out, or never waited ({state}).',
      action: 'Look at the queue as it is now.',
    },
    zh: {
      message: '训练“{run}”不在队列中。',
      cause: '它已启动、已被移出，或从未排队（{state}）。',
      action: '请查看当前的队列。',
    },
  },
  'queue.already_queued': {
    en: {
      message: 'The run “{run}” already waits in the queue.',
      cause: 'A run stands in the queue once.',
      action: 'Move it if it should start earlier or later.',
    },
    zh: {
      message: '训练“{run}”已在队列中。',
      cause: '同一训练在队列中只出现一次。',
      action: '如需提前或推后，请移动它。',
    },
  },
  'queue.changed': {
    en: {
      message: 'The queue has changed: “{run}” no longer waits.',
      cause: 'It was moved, started or taken out after your page showed it.',
      action: 'Look at the queue as it is now, then move again.',
    },
    zh: {
      message: '队列已变化：“{run}”不再排队。',
      cause: '在页面显示之后，它已被移动、启动或移出。',
      action: '请先查看当前的队列，再移动。',
    },
  },
} as const satisfies ErrorTable;
