import { StudioError } from '../../shared/contract/studio-error.ts';
import { unlockVault } from '../unlock-vault.ts';
import type { Verb } from '../verb.ts';
import { followRelease, sayParts } from './release.ts';

/** Named as often as they are: nobody opens a repository by a flag that a script carries along. */
export const releasePublish: Verb = {
  name: 'release publish',
  summary: {
    en: 'make the private repositories of a release public; each is named once more',
    zh: '将一次发布的私有仓库公开；须逐一写出仓库名称',
  },
  usage: 'ID OWNER/NAME [OWNER/NAME] [--reason TEXT]',
  options: {
    reason: {
      kind: 'text',
      value: 'TEXT',
      help: {
        en: 'why it may be public in spite of its warnings; stands on the record',
        zh: '有警告时仍可公开的理由，会写入记录',
      },
    },
  },
  run: async ({ args, terminal, session }) => {
    const release = args.required(0, 'ID');
    const confirmed = args.positionals.slice(1);
    const client = await session.open('write');
    await unlockVault(client, terminal);
    await client.call('releases.publish', { release, confirmed, reason: args.text('reason') ?? '' });
    const view = await followRelease(client, release, terminal);
    sayParts(view, terminal);
    const failed = view.parts.find((part) => part.error !== undefined)?.error;
    if (failed !== undefined) throw new StudioError(failed.code, { ...failed.params, release });
    return { value: { release: view } };
  },
};
