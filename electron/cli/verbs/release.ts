import type { ReleaseView } from '../../shared/contract/methods/releases.ts';
import { formatBytes } from '../../shared/domain/figures.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { Arguments } from '../options.ts';
import type { StudioClient } from '../studio-session.ts';
import type { Terminal } from '../terminal.ts';
import { unlockVault } from '../unlock-vault.ts';
import type { Verb } from '../verb.ts';

type Choice = Parameters<typeof startOf>[1][number];

const OVER: ReadonlySet<ReleaseView['state']> = new Set(['planned', 'paused', 'failed', 'done', 'cancelled']);

/** Follows a release until nothing of it is under way, with a progress line for its part. */
export function followRelease(
  client: StudioClient,
  release: string,
  terminal: Terminal,
): Promise<ReleaseView> {
  return new Promise((resolve) => {
    const subscription = client.subscribe(`release.${release}`, ({ data }) => {
      const view = data as ReleaseView;
      const part = view.parts.find(({ state }) => state === 'running' || state === 'waiting');
      if (part !== undefined) {
        const speed = part.bytesPerSecond === undefined ? '' : `  ${formatBytes(part.bytesPerSecond)}/s`;
        terminal.progress(
          `${part.repository}  ${part.phase ?? ''}  ${formatBytes(part.doneBytes)} / ${formatBytes(part.totalBytes)}${speed}`,
        );
      }
      if (
        !OVER.has(view.state) ||
        view.parts.some(({ publishing, state }) => publishing || state === 'queued')
      )
        return;
      queueMicrotask(() => subscription.dispose());
      resolve(view);
    });
  });
}

function startOf(
  owner: string,
  parts: readonly Readonly<{
    part: 'adapter' | 'merged' | 'gguf';
    of: string;
    name: string;
    step?: number | undefined;
  }>[],
) {
  return parts.map(({ name, of, part, step }) => {
    const repository = `${owner}/${name}`;
    if (part === 'adapter') return { part, run: of, repository, ...(step === undefined ? {} : { step }) };
    return { part, model: of, repository };
  });
}

/** A run gives its adapter, a model itself; `--merged` goes along. */
async function choicesOf(
  client: StudioClient,
  args: Arguments,
  reference: string,
): Promise<readonly Choice[]> {
  const step = args.number('step');
  const merged = args.text('merged');
  const draft = await client
    .call('releases.draft', { run: reference, ...(step === undefined ? {} : { step }) })
    .catch(async (error: unknown) => {
      if (!(error instanceof StudioError) || error.code !== 'core.not_found') throw error;
      return client.call('releases.draft', { model: reference });
    });
  const [first] = draft.parts;
  if (first === undefined) throw new StudioError('release.part_kind', { model: reference });
  const name = args.text('name');
  const choice: Choice = {
    part: first.part,
    of: (first.part === 'adapter' ? first.runId : first.modelId) ?? reference,
    name: name ?? first.repositoryName,
    step: first.part === 'adapter' ? step : undefined,
  };
  if (merged === undefined) return [choice];
  const model = await client.call('models.show', { model: merged });
  return [choice, { part: 'merged', of: model.id, name: `${choice.name.replace(/-lora$/u, '')}-merged` }];
}

const release: Verb = {
  name: 'release',
  summary: {
    en: 'send an adapter or a model to private repositories of a hub; --resume goes on with one',
    zh: '将适配器或模型上传到平台的私有仓库；--resume 继续未完成的发布',
  },
  usage: 'RUN|MODEL --account ACCOUNT [--owner OWNER] [--name NAME] [--merged MODEL] [--plan] | --resume ID',
  options: {
    account: {
      kind: 'text',
      value: 'ACCOUNT',
      help: { en: 'id of an account (account list)', zh: '账号 ID（见 account list）' },
    },
    owner: {
      kind: 'text',
      value: 'OWNER',
      help: { en: 'namespace (default: the account’s own name)', zh: '命名空间（默认为账号自己的名称）' },
    },
    name: { kind: 'text', value: 'NAME', help: { en: 'name of the repository', zh: '仓库名称' } },
    merged: {
      kind: 'text',
      value: 'MODEL',
      help: {
        en: 'also this merged model, in a repository beside it',
        zh: '同时发布该合并模型，另建一个仓库',
      },
    },
    step: {
      kind: 'number',
      value: 'N',
      help: { en: 'adapter of this checkpoint', zh: '使用该步检查点的适配器' },
    },
    licence: {
      kind: 'text',
      value: 'LICENCE',
      help: { en: 'licence on the card; nothing is claimed without', zh: '模型卡上的许可证；不填则不作声明' },
    },
    language: {
      kind: 'text',
      value: 'zh|en',
      help: { en: 'language of the card (zh)', zh: '模型卡语言（默认 zh）' },
    },
    update: {
      kind: 'flag',
      help: { en: 'replace files of a private repository of yours', zh: '更新自己的私有仓库' },
    },
    'delete-others': {
      kind: 'flag',
      help: {
        en: 'with --update: also delete what the release does not have',
        zh: '与 --update 同用：删除发布中没有的文件',
      },
    },
    plan: {
      kind: 'flag',
      help: { en: 'only say what would be sent; change nothing', zh: '只显示将上传的内容，不做更改' },
    },
    resume: { kind: 'text', value: 'ID', help: { en: 'go on with this release', zh: '继续该次发布' } },
  },
  run: async ({ args, terminal, session, onInterrupt }) => {
    const client = await session.open('write');
    await unlockVault(client, terminal);
    const resumed = args.text('resume');
    const id =
      resumed === undefined
        ? await started(client, args)
        : (await client.call('releases.resume', { release: resumed })).releaseId;
    const off = onInterrupt(() => void client.call('releases.pause', { release: id }).catch(() => undefined));
    const view = await followRelease(client, id, terminal);
    off();
    for (const part of view.parts) {
      const changes = (part.plan?.files ?? []).filter(({ change }) => change !== 'same');
      for (const { bytes, change, path } of args.flag('plan') ? changes : [])
        terminal.say(`${change}  ${path}  ${formatBytes(bytes)}`);
    }
    sayParts(view, terminal);
    const failed = view.parts.find((part) => part.error !== undefined)?.error;
    if (failed !== undefined) {
      const { code, detail, params } = failed;
      throw new StudioError(code, { ...params, release: id }, detail === undefined ? {} : { detail });
    }
    return { value: { release: view }, exitCode: view.state === 'paused' ? PAUSED_EXIT_CODE : 0 };
  },
};

export function sayParts({ parts }: ReleaseView, terminal: Terminal): void {
  for (const { part, repository, state, url = '', visibility } of parts)
    terminal.say([part, repository, state, visibility ?? '', url].filter((one) => one !== '').join('  '));
}

/** Stopped as asked. */
const PAUSED_EXIT_CODE = 10;

async function started(client: StudioClient, args: Arguments): Promise<string> {
  const account = args.text('account') ?? '';
  const { items } = await client.call('accounts.list', {});
  const owner = args.text('owner') ?? items.find(({ id }) => id === account)?.username;
  // Whose name it is, only the hub knows.
  const own = owner ?? (await client.call('accounts.verify', { account })).username ?? '';
  const choices = await choicesOf(client, args, args.required(0, 'RUN|MODEL'));
  const { releaseId } = await client.call('releases.start', {
    parts: startOf(own, choices),
    account,
    licence: args.text('licence') ?? null,
    language: args.choice('language', ['zh', 'en']) ?? 'zh',
    existing: args.flag('update') ? 'update-private' : 'refuse',
    deleteOthers: args.flag('update') && args.flag('delete-others'),
    planOnly: args.flag('plan'),
  });
  return releaseId;
}

const releaseList: Verb = {
  name: 'release list',
  summary: { en: 'releases, newest first', zh: '列出发布，最新的在前' },
  usage: '',
  options: {},
  run: async ({ terminal, session }) => {
    const client = await session.open('read');
    const { items } = await client.call('releases.list', { limit: 500 });
    for (const one of items) terminal.say([one.id, one.state, one.hub, ...one.repositories].join('  '));
    return { value: { releases: items } };
  },
};

export const RELEASE_VERBS: readonly Verb[] = [release, releaseList];
