import type { TrashKind, TrashView } from '../../shared/contract/methods/storage.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { Verb } from '../verb.ts';

type Wording = Readonly<{ en: string; zh: string }>;
type Subject = Readonly<{ kind: TrashKind; home: string; argument: string; name: Wording }>;

const RUN: Subject = { kind: 'run', home: 'runs', argument: 'RUN', name: { en: 'run', zh: '训练' } };
const DATASET: Subject = {
  kind: 'dataset',
  home: 'dataset',
  argument: 'DATASET',
  name: { en: 'dataset', zh: '数据集' },
};
const MODEL: Subject = { kind: 'model', home: 'model', argument: 'MODEL', name: { en: 'model', zh: '模型' } };

const removeVerb = ({ kind, home, argument, name }: Subject): Verb => ({
  name: `${home} remove`,
  summary: {
    en: `move a ${name.en} into the trash; \`${home} restore\` gives it back`,
    zh: `将${name.zh}移入回收站；可用 \`${home} restore\` 恢复`,
  },
  usage: argument,
  options: {},
  run: async ({ args, terminal, session }) => {
    const client = await session.open('write');
    const reference = args.required(0, argument);
    const removed =
      kind === 'run'
        ? await client.call('runs.remove', { run: reference })
        : kind === 'dataset'
          ? await client.call('datasets.remove', { dataset: reference })
          : await client.call('models.remove', { model: reference });
    const { keepDays } = await client.call('storage.trash', {});
    terminal.say(
      removed.trashId === undefined
        ? terminal.words({ en: 'Removed; it had no folder.', zh: '已删除；它没有文件夹。' })
        : terminal.words({
            en: `In the trash for ${String(keepDays)} days:  ${home} restore ${removed.trashId}`,
            zh: `已移入回收站，保留 ${String(keepDays)} 天：  ${home} restore ${removed.trashId}`,
          }),
    );
    return { value: removed };
  },
});

const restoreVerb = ({ kind, home, name }: Subject): Verb => ({
  name: `${home} restore`,
  summary: {
    en: `give back a ${name.en} from the trash, by its id or name; without one, list what is there`,
    zh: `按编号或名称从回收站恢复${name.zh}；不指定则列出回收站内容`,
  },
  usage: '[ID|NAME]',
  options: {},
  run: async ({ args, terminal, session }) => {
    const [reference] = args.positionals;
    const client = await session.open(reference === undefined ? 'read' : 'write');
    const trash = await client.call('storage.trash', {});
    const items = trash.items.filter((item) => item.kind === kind);
    if (reference === undefined) {
      for (const item of items) terminal.say(`${item.trashId}  ${item.name}  ${item.id}`);
      if (items.length === 0) terminal.say(terminal.words({ en: 'Nothing here.', zh: '回收站中没有。' }));
      return { value: { total: items.length, items } };
    }
    const found = items.find((item) => isMeant(item, reference));
    if (found === undefined) throw new StudioError('storage.not_in_trash');
    const restored = await client.call('storage.restore', { trashId: found.trashId });
    terminal.say(terminal.words({ en: `Restored: ${restored.name}`, zh: `已恢复：${restored.name}` }));
    return { value: restored };
  },
});

function isMeant(item: TrashView, reference: string): boolean {
  return item.trashId === reference || item.id === reference || item.name === reference;
}

/** Removing and giving back, for each kind of record that has a verb. */
export const REMOVAL_VERBS: readonly Verb[] = [RUN, DATASET, MODEL].flatMap((subject) => [
  removeVerb(subject),
  restoreVerb(subject),
]);
