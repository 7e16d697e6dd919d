import { HUBS } from '../../shared/domain/hub-endpoints.ts';
import { formatBytes } from '../../shared/domain/figures.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import { followJob, type FollowedEvent } from '../follow.ts';
import type { Verb } from '../verb.ts';

type Sizes = Readonly<{ path: string; bytes: number; doneBytes?: number }>;

/** What a download's events add up to, file by file. */
function createTally(): Readonly<{ take: (event: FollowedEvent) => void; text: () => string }> {
  let total: number | undefined;
  const done = new Map<string, number>();
  return {
    take: ({ type, data }) => {
      if (type === 'listing') total = (data as Readonly<{ takenBytes: number }>).takenBytes;
      if (type !== 'file-progress' && type !== 'file-verified') return;
      const { path, bytes, doneBytes } = data as Sizes;
      done.set(path, doneBytes ?? bytes);
    },
    text: () => {
      const sum = [...done.values()].reduce((all, bytes) => all + bytes, 0);
      return total === undefined ? '…' : `${formatBytes(sum)} / ${formatBytes(total)}`;
    },
  };
}

export const modelDownload: Verb = {
  name: 'model download',
  summary: {
    en: 'fetch a model of ModelScope or Hugging Face into the library; run again, it goes on where it stopped',
    zh: '从 ModelScope 或 Hugging Face 下载模型到模型库；再次运行会接着下载',
  },
  usage: 'OWNER/NAME [--hub HUB] [--revision REV] [--endpoint ADDRESS] [--name NAME]',
  options: {
    hub: {
      kind: 'text',
      value: HUBS.join('|'),
      help: { en: 'where it is (default: modelscope)', zh: '来源（默认 modelscope）' },
    },
    revision: {
      kind: 'text',
      value: 'REV',
      help: { en: 'branch, tag or commit', zh: '分支、标签或提交' },
    },
    endpoint: {
      kind: 'text',
      value: 'ADDRESS',
      help: { en: 'a mirror; it never sees a token', zh: '镜像地址；镜像不会收到令牌' },
    },
    name: { kind: 'text', value: 'NAME', help: { en: 'name in the library', zh: '模型库中的名称' } },
  },
  run: async ({ args, terminal, session }) => {
    const repository = args.required(0, 'OWNER/NAME');
    const [revision, endpoint, name] = [args.text('revision'), args.text('endpoint'), args.text('name')];
    const client = await session.open('write');
    const { jobId, modelId } = await client.call('models.download', {
      hub: args.choice('hub', HUBS) ?? 'modelscope',
      repository,
      ...(revision === undefined ? {} : { revision }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(name === undefined ? {} : { name }),
    });
    const tally = createTally();
    const job = await followJob(client, jobId, (event) => {
      tally.take(event);
      if (event.type === 'waiting') {
        terminal.warn((event.data as Readonly<{ detail: string }>).detail);
        return;
      }
      terminal.progress(`${repository}  ${tally.text()}`);
    });
    const model = await client.call('models.show', { model: modelId });
    const failed = job.error ?? model.error;
    if (failed !== undefined) {
      const { code, params, detail } = failed;
      throw new StudioError(code, params, detail === undefined ? {} : { detail });
    }
    terminal.say(`${model.id}  ${model.name}  ${model.path}`);
    return { value: { model, result: job.result ?? {} } };
  },
};
