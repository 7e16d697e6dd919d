import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startModelScope, type HubProcess } from '../../helpers/hub-process.ts';
import { logitDigests } from '../../helpers/model-logits.ts';
import { rebuildDatabase } from '../../../electron/core/rebuild-database.ts';
import { failure, ROOT, TEST_PYTHON, TestStudio, testPorts } from '../core/core-harness.ts';
import {
  addAccount,
  HUB_OWNER,
  HUB_TOKEN,
  makeRelease,
  MERGED,
  RUN,
  settled,
  until,
  type Client,
} from './released-studio.ts';

const ADAPTER = { part: 'adapter', run: RUN, repository: `${HUB_OWNER}/tiny-lora` } as const;
const WHOLE = { part: 'merged', model: MERGED, repository: `${HUB_OWNER}/tiny` } as const;

/** Every file below a folder. */
const filesBelow = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** The real upload job against the tests' hub: adapter and merged model, sent, found again, made public. */
describe('a release to a hub', () => {
  const studio = new TestStudio();
  const outside = mkdtempSync(path.join(tmpdir(), 'hub '));
  let client: Client;
  let hub: HubProcess;
  let account: string;
  let releaseId: string;
  let made: Readonly<{ runId: string; modelId: string }>;

  beforeAll(async () => {
    hub = await startModelScope(TEST_PYTHON, outside);
    client = await studio.client();
    made = await makeRelease(client);
    account = await addAccount(client, hub.endpoint);
  });

  afterAll(async () => {
    await studio.dispose();
    await hub.close();
    rmSync(outside, { recursive: true, force: true });
    expect(studio.defects).toEqual([]);
  });

  it('knows whose token it is', async () => {
    const verified = await client.call('accounts.verify', { account });
    expect(verified).toMatchObject({ username: HUB_OWNER, canWrite: true });
    expect(verified.verifiedAtMs).toBeGreaterThan(0);
    expect((await client.call('accounts.list', {})).items[0]).toMatchObject({ username: HUB_OWNER });
    const wrong = await addAccount(client, hub.endpoint, 'ms-00000000-0000-4000-8000-000000000000');
    expect((await failure(client.call('accounts.verify', { account: wrong }))).code).toMatch(/^upload\./u);
    await client.call('accounts.remove', { account: wrong });
  });

  it('says what it would send and changes nothing, then sends both parts to private repositories', async () => {
    ({ releaseId } = await client.call('releases.start', {
      parts: [ADAPTER, WHOLE],
      account,
      planOnly: true,
    }));
    const planned = await settled(client, releaseId);
    expect(planned.parts.map((part) => part.error)).toEqual([undefined, undefined]);
    expect(planned.state).toBe('planned');
    for (const { plan } of planned.parts) {
      expect(plan?.state).toBe('absent');
      expect(plan?.files.every(({ change }) => change === 'add')).toBe(true);
    }
    await client.call('releases.resume', { release: releaseId });
    const view = await settled(client, releaseId);
    expect(view.parts.map((part) => part.error)).toEqual([undefined, undefined]);
    expect(view).toMatchObject({ state: 'done', hub: 'modelscope' });
    expect(view.parts.map(({ part, visibility }) => [part, visibility])).toEqual([
      ['adapter', 'private'],
      ['merged', 'private'],
    ]);
    for (const part of view.parts) expect(part.url).toContain(part.repository);
  });

  // Would catch: files that change on their way, a list that leaves weights or a tokenizer out, settings of the
  // adapter or the model that are lost.
  it('is fetched back by the studio with the same bytes and gives the logits that it gave before', async () => {
    const back: string[] = [];
    const places = [
      ['adapter', ADAPTER.repository, (await client.call('models.show', { model: made.runId })).path],
      ['merged', WHOLE.repository, (await client.call('models.show', { model: MERGED })).path],
    ] as const;
    for (const [name, repository, source] of places) {
      const wish = { hub: 'modelscope', repository, endpoint: hub.endpoint, name: `回 ${name}` } as const;
      const { modelId } = await client.call('models.download', wish);
      const fetched = await until(
        () => client.call('models.show', { model: modelId }),
        ({ state }) => state !== 'building',
      );
      expect(fetched.error).toBeUndefined();
      back.push(fetched.path);
      const weights = readdirSync(source).filter((file) => file.endsWith('.safetensors'));
      expect(weights.length).toBeGreaterThan(0);
      for (const file of weights) {
        expect(
          readFileSync(path.join(fetched.path, file)).equals(readFileSync(path.join(source, file))),
        ).toBe(true);
      }
    }
    const base = path.join(ROOT, 'resources/tiny-model');
    const [[, , adapter], [, , merged]] = places;
    const [backAdapter = '', backMerged = ''] = back;
    const [bare, trained, trainedBack, whole, wholeBack] = await logitDigests(TEST_PYTHON, [
      { model: base },
      { model: base, adapter },
      { model: base, adapter: backAdapter },
      { model: merged },
      { model: backMerged },
    ]);
    // The training is in them: neither is the base's.
    expect(new Set([bare, trained, whole]).size).toBe(3);
    expect([trainedBack, wholeBack]).toEqual([trained, whole]);
  });

  it('refuses what is there unless told to update, and then sends no byte twice', async () => {
    const again = await client.call('releases.start', { parts: [ADAPTER], account });
    const refused = await settled(client, again.releaseId);
    expect(refused.state).toBe('failed');
    expect(refused.parts[0]?.error?.code).toBe('upload.repository_exists');
    await client.call('releases.resume', { release: again.releaseId, existing: 'update-private' });
    const view = await settled(client, again.releaseId);
    expect(view.parts[0]?.error).toBeUndefined();
    const weights = view.parts[0]?.files.find(({ path: name }) => name === 'adapter_model.safetensors');
    expect(weights?.state).toBe('reused');
  });

  // Would catch: a person's word that is lost on its way to the job, or an update that deletes without it.
  it('names what a repository has besides, and deletes it only when told to', async () => {
    const parts = [{ ...WHOLE, repository: ADAPTER.repository }];
    const wish = { parts, account, existing: 'update-private', planOnly: true } as const;
    const { releaseId: other } = await client.call('releases.start', wish);
    const planned = (await settled(client, other)).parts[0];
    expect(planned?.error).toBeUndefined();
    expect(planned?.plan?.deletes).toEqual([]);
    expect(planned?.plan?.others).toContain('adapter_model.safetensors');
    await client.call('releases.cancel', { release: other });
    const { releaseId: told } = await client.call('releases.start', { ...wish, deleteOthers: true });
    const { plan } = (await settled(client, told)).parts[0] ?? {};
    expect(plan?.deletes).toEqual(planned?.plan?.others);
    expect(plan?.others).toEqual([]);
    await client.call('releases.cancel', { release: told });
  });

  it('becomes public only by its own step, with the repositories named and a reason', async () => {
    const confirmed = [ADAPTER.repository, WHOLE.repository];
    const publish = (wish: object): Promise<unknown> =>
      client.call('releases.publish', { release: releaseId, confirmed, ...wish });
    expect((await failure(publish({ confirmed: [ADAPTER.repository] }))).code).toBe('release.not_confirmed');
    // Nobody has checked what the model remembers.
    expect((await failure(publish({}))).code).toBe('release.reason_needed');
    expect((await client.call('releases.get', { release: releaseId })).parts[0]?.visibility).toBe('private');
    await publish({ reason: '公有领域法条' });
    const view = await settled(client, releaseId);
    expect(view.parts.map((part) => part.error)).toEqual([undefined, undefined]);
    expect(view.parts.map(({ visibility }) => visibility)).toEqual(['public', 'public']);
    // A public repository is not touched by a release that was allowed private ones only.
    const other = await client.call('releases.start', {
      parts: [ADAPTER],
      account,
      existing: 'update-private',
    });
    const refused = await settled(client, other.releaseId);
    expect(refused.parts[0]?.error?.code).toBe('upload.repository_public');
  });

  // Would catch: a token in the database, a job's folder, the log, a card or an upload state.
  it('leaves its token nowhere on the disk', () => {
    const all = filesBelow(studio.home);
    expect(all.some((file) => file.includes(`${path.sep}releases${path.sep}`))).toBe(true);
    const holding = all.filter(
      (file) => statSync(file).size < 2 ** 26 && readFileSync(file).includes(HUB_TOKEN),
    );
    expect(holding).toEqual([]);
  });

  // Would catch: a clean-up that takes the record of a release, or the files of one that could still go on.
  it('gives back the room of releases that are over, and keeps what can be resumed', async () => {
    const dir = (id: string, ...parts: string[]): string => path.join(studio.home, 'releases', id, ...parts);
    const { items } = await client.call('releases.list', {});
    const openId = items.find(({ endedAtMs }) => endedAtMs === undefined)?.id ?? '';
    const before = await client.call('releases.get', { release: releaseId });
    await client.call('storage.count', {});
    const { usage } = await until(
      () => client.call('storage.usage', {}),
      ({ isCounting }) => !isCounting,
    );
    const group = usage?.groups.find((one) => one.group === 'releases');
    expect(group?.count).toBe(items.length);
    const offer = (await client.call('storage.proposals', {})).items.find(({ kind }) => kind === 'releases');
    expect(offer?.bytes).toBeGreaterThan(0);
    const { key = '', mark = '' } = offer ?? {};
    expect(await client.call('storage.cleanUp', { items: [{ key, mark }] })).toMatchObject({
      freedBytes: offer?.bytes,
      done: ['releases'],
      refused: [],
    });
    expect(readdirSync(dir(releaseId))).toEqual(['release.json']);
    expect(existsSync(dir(openId, 'adapter', 'upload.json'))).toBe(true);
    expect(await client.call('releases.get', { release: releaseId })).toEqual(before);
  });

  // Would catch: a list of releases that is empty after the database was lost, or a record taken from another folder.
  it('is known again after the database was made anew', async () => {
    const before = (await client.call('releases.list', {})).items;
    const view = await client.call('releases.get', { release: releaseId });
    await studio.close();
    const copy = path.join(studio.home, 'releases', 'copied by hand');
    cpSync(path.join(studio.home, 'releases', releaseId), copy, { recursive: true });
    const report = await rebuildDatabase(testPorts(studio.home));
    expect(report.releases).toBe(before.length);
    expect(report.skipped.map((one) => one.path)).toEqual([copy]);
    client = await studio.client();
    expect((await client.call('releases.list', {})).items).toEqual(before);
    expect(await client.call('releases.get', { release: releaseId })).toEqual(view);
    // Its account is gone with the database: no token goes anywhere until a person says so again.
    const open = before.find(({ endedAtMs }) => endedAtMs === undefined)?.id ?? '';
    const refused = await failure(client.call('releases.resume', { release: open }));
    expect(refused).toMatchObject({ code: 'release.account_unusable', params: { state: 'missing' } });
  });
});
