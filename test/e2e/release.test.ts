import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ReleaseView } from '../../electron/shared/contract/methods/releases.ts';
import { startModelScope, type HubProcess } from '../helpers/hub-process.ts';
import { studioCli, type CliResult } from '../helpers/studio-cli.ts';
import { TEST_PYTHON, TestStudio } from '../integration/core/core-harness.ts';
import { HUB_OWNER, HUB_TOKEN, makeRelease, RUN } from '../integration/release/released-studio.ts';

const PASSPHRASE = '合同 passphrase 1';

const shown = ({ value }: CliResult): ReleaseView => (value as { release: ReleaseView }).release;

/** Every verb is a process of its own that knows nothing but the data folder, as on a headless rig. */
describe('a release from the command line', () => {
  const studio = new TestStudio();
  const hubFolder = mkdtempSync(path.join(tmpdir(), 'hub '));
  const repository = `${HUB_OWNER}/cli-lora`;
  let hub: HubProcess;
  let account: string;
  let release: ReleaseView;
  let modelId: string;

  const cli = (args: readonly string[], input?: string): Promise<CliResult> =>
    studioCli(args, { home: studio.home, input: input ?? `${PASSPHRASE}\n` });

  beforeAll(async () => {
    hub = await startModelScope(TEST_PYTHON, hubFolder);
    const { modelId: merged } = await makeRelease(await studio.client());
    modelId = merged;
    await studio.close();
  });
  afterAll(async () => {
    await studio.dispose();
    await hub.close();
    rmSync(hubFolder, { recursive: true, force: true });
  });

  it('takes a token from standard input alone, and finds whose it is', async () => {
    const asked = ['account', 'add', '--endpoint', hub.endpoint, '--agree', hub.endpoint, '--json'];
    // Catches: a token that is taken, called ready, and gone with the process that took it.
    const lost = await cli(asked, `${HUB_TOKEN}\n`);
    expect(lost.exitCode, lost.stderr).not.toBe(0);
    expect(JSON.stringify(lost.value)).toContain('cli.token_not_kept');
    const added = await cli([...asked, '--vault'], `${HUB_TOKEN}\n${PASSPHRASE}\n`);
    expect(added.exitCode, added.stderr).toBe(0);
    account = (added.value as { account: { id: string } }).account.id;
    const verified = await cli(['account', 'verify', account]);
    expect(verified.stdout).toContain(HUB_OWNER);
    for (const { stdout, stderr } of [lost, added, verified]) {
      expect(stdout + stderr).not.toContain(HUB_TOKEN);
      expect(stdout + stderr).not.toContain(PASSPHRASE);
    }
  });

  it('says what would go without making anything, then sends it to private repositories', async () => {
    const asked = ['release', RUN, '--account', account, '--name', 'cli-lora', '--merged', modelId];
    const planned = await cli([...asked, '--plan']);
    expect(planned.exitCode, planned.stderr).toBe(0);
    expect(planned.stdout).toContain('adapter_model.safetensors');
    // A repository that a plan had made would be refused here: it is not to be updated.
    const sent = await cli([...asked, '--json']);
    expect(sent.exitCode, sent.stderr).toBe(0);
    release = shown(sent);
    expect(release.parts.map(({ visibility }) => visibility)).toEqual(['private', 'private']);
  });

  it('makes public only what is named again, and asks for a reason where nobody has looked', async () => {
    const { value } = await cli(['release', 'list', '--json']);
    expect(JSON.stringify(value)).toContain(repository);
    const half = await cli(['release', 'publish', release.id, repository]);
    expect(half.exitCode).not.toBe(0);
    expect(half.stderr).toContain('They were not confirmed');
    const both = release.parts.map((part) => part.repository);
    const bare = await cli(['release', 'publish', release.id, ...both, '--json']);
    expect(JSON.stringify(bare.value)).toContain('release.reason_needed');
    const done = await cli(['release', 'publish', release.id, ...both, '--reason', '内部试验', '--json']);
    expect(done.exitCode, done.stderr).toBe(0);
    expect(shown(done).parts.map(({ visibility }) => visibility)).toEqual(['public', 'public']);
  });
});
