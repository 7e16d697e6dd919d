import path from 'node:path';

import { followServiceJob } from '../follow.ts';
import type { Verb } from '../verb.ts';

export const modelConvert: Verb = {
  name: 'model convert',
  summary: {
    en: 'write pickled weights (.bin) as safetensors beside them; nothing in the files is run',
    zh: '将 pickle 权重（.bin）在原处转换为 safetensors，不执行其中任何内容',
  },
  usage: 'DIR',
  options: {},
  run: async ({ args, terminal, session }) => {
    const folder = path.resolve(args.required(0, 'DIR'));
    const client = await session.open('write');
    const { jobId } = await client.call('models.convert', { path: folder });
    const result = await followServiceJob(client, jobId, terminal);
    terminal.say(String(result['path']));
    return { value: { result } };
  },
};
