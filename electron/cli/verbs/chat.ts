import { createInterface } from 'node:readline';

import type { ChatMessage, SamplingInput } from '../../shared/protocol/chat.ts';
import { ChatConversation, type Answer } from '../chat-conversation.ts';
import type { Arguments, OptionTable } from '../options.ts';
import type { Verb, VerbContext } from '../verb.ts';

const CHAT_OPTIONS = {
  run: {
    kind: 'text',
    value: 'RUN',
    help: { en: 'answer with this run’s adapter', zh: '使用该训练的适配器回答' },
  },
  step: {
    kind: 'number',
    value: 'N',
    help: { en: 'adapter of this checkpoint', zh: '使用该步检查点的适配器' },
  },
  model: { kind: 'text', value: 'MODEL', help: { en: 'answer with this model', zh: '使用该模型回答' } },
  target: {
    kind: 'text',
    value: 'base|adapter',
    help: { en: 'with --run: the base or the adapter', zh: '配合 --run：基座或适配器' },
  },
  prompt: { kind: 'text', value: 'TEXT', help: { en: 'one question, then end', zh: '只问一个问题后结束' } },
  system: { kind: 'text', value: 'TEXT', help: { en: 'system prompt', zh: '系统提示词' } },
  'no-system': {
    kind: 'flag',
    help: {
      en: 'no system prompt, not even the one the weights were trained with',
      zh: '不发送系统提示词，包括训练时所用的',
    },
  },
  temperature: {
    kind: 'number',
    value: 'T',
    help: { en: '0 answers greedily (default 0.8)', zh: '0 为贪心解码（默认 0.8）' },
  },
  'top-p': {
    kind: 'number',
    value: 'P',
    help: { en: 'nucleus sampling (default 0.8)', zh: '核采样（默认 0.8）' },
  },
  'repetition-penalty': {
    kind: 'number',
    value: 'P',
    help: {
      en: 'above 1, what was said becomes less likely (default 1)',
      zh: '大于 1 时降低重复内容的概率（默认 1）',
    },
  },
  'max-new-tokens': {
    kind: 'number',
    value: 'N',
    help: { en: 'length of an answer at most', zh: '回答的最大词元数' },
  },
  seed: { kind: 'number', value: 'N', help: { en: 'seed of sampling', zh: '采样的随机种子' } },
} as const satisfies OptionTable;

const samplingOf = (args: Arguments): SamplingInput => {
  const temperature = args.number('temperature');
  const topP = args.number('top-p');
  const repetitionPenalty = args.number('repetition-penalty');
  const maxNewTokens = args.number('max-new-tokens');
  const seed = args.number('seed');
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(repetitionPenalty === undefined ? {} : { repetitionPenalty }),
    ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
    ...(seed === undefined ? {} : { seed }),
  };
};

/** Reads lines until /exit or the end of input. Ctrl-C stops an answer, or leaves while none is being given. */
const converse = async (
  context: VerbContext,
  chat: ChatConversation,
  messages: ChatMessage[],
): Promise<number> => {
  const { terminal } = context;
  const sampling = samplingOf(context.args);
  const target = context.args.choice('target', ['base', 'adapter']) ?? 'adapter';
  terminal.say(
    terminal.words({
      en: '/regenerate answers anew, /reset forgets, /exit leaves, Ctrl-C stops an answer',
      zh: '/regenerate 重新回答，/reset 清空对话，/exit 退出，Ctrl-C 停止回答',
    }),
  );
  const lines = createInterface({ input: process.stdin, terminal: false });
  let answering = false;
  const off = context.onInterrupt(() => {
    if (answering) chat.stop();
    else lines.close();
  });
  const first = messages.slice();
  let answers = 0;
  const answer = async (): Promise<void> => {
    answering = true;
    const given = await chat.ask(
      messages,
      target,
      sampling,
      (text) => terminal.stream(text),
      !context.args.flag('no-system'),
    );
    answering = false;
    answers += 1;
    terminal.stream('\n');
    messages.push({ role: 'assistant', content: given.text });
  };
  terminal.stream('> ');
  for await (const line of lines) {
    const text = line.trim();
    if (text === '/exit') break;
    if (text === '/reset') messages.splice(0, messages.length, ...first);
    else if (text === '/regenerate') {
      if (messages.at(-1)?.role === 'assistant') messages.pop();
      if (messages.at(-1)?.role === 'user') await answer();
    } else if (text !== '') {
      messages.push({ role: 'user', content: text });
      await answer();
    }
    terminal.stream('> ');
  }
  off();
  terminal.stream('\n');
  return answers;
};

export const chat: Verb = {
  name: 'chat',
  summary: { en: 'ask a base, an adapter or a merged model', zh: '与基座、适配器或合并模型对话' },
  usage: '(--run RUN | --model MODEL) [--prompt TEXT] [options]',
  options: CHAT_OPTIONS,
  run: async (context) => {
    const { args, terminal, session } = context;
    const run = args.text('run');
    const model = args.text('model');
    const step = args.number('step');
    if ((run === undefined) === (model === undefined)) throw args.invalid('name one of --run and --model');
    const client = await session.open('write');
    // A run of full fine-tuning has base and result in different files; only one of them is loaded.
    const weights = args.choice('target', ['base', 'adapter']) === 'base' ? { weights: 'base' as const } : {};
    const conversation = await ChatConversation.open(
      client,
      run === undefined
        ? { model: model ?? '' }
        : { run, ...(step === undefined ? {} : { step }), ...weights },
    );
    try {
      const system = args.text('system');
      const messages: ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
      const prompt = args.text('prompt');
      if (prompt === undefined)
        return { value: { answers: await converse(context, conversation, messages) } };
      messages.push({ role: 'user', content: prompt });
      const off = context.onInterrupt(() => conversation.stop());
      const target = args.choice('target', ['base', 'adapter']) ?? 'adapter';
      const answer: Answer = await conversation.ask(
        messages,
        target,
        samplingOf(args),
        (text) => terminal.stream(text),
        !args.flag('no-system'),
      );
      off();
      terminal.stream('\n');
      return { value: { prompt, ...answer } };
    } finally {
      await conversation.close();
    }
  },
};
