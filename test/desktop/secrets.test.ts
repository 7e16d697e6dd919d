import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findText } from '../helpers/find-text.ts';
import { callFromPage } from './shell-calls.ts';
import { processes } from './shell-processes.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

/** Of no form that a pattern knows. */
const CANARY = 'K9xDesktop+Canary.no~form';
const HANDED = 'hf_CaNaRyCaNaRyCaNaRyCaNaRyCaNaRy0001';

/** Descendants of a process, by the ids that /proc names as parents. */
function familyOf(root: number): readonly number[] {
  const family = new Set([root]);
  const parents = processes().flatMap(({ pid }) => {
    try {
      const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
      return [[pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const];
    } catch {
      return [];
    }
  });
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  return [...family];
}

/** A token that a page of the real shell puts away: never in a file as it is, never in a process's arguments. */
describe.skipIf(shell === undefined)('tokens in the desktop app', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;

  beforeAll(() => bench.prepare());
  afterAll(() => bench.dispose());

  const put = () => callFromPage(studio.page, 'accounts.put', { hub: 'modelscope', token: CANARY });

  it('without a keyring they stay in memory, and a page finds no way to one', async () => {
    studio = await bench.open({ env: { HF_TOKEN: HANDED } });
    expect(await callFromPage(studio.page, 'accounts.status', {})).toMatchObject({
      place: 'session',
      keyring: { available: false },
      offers: ['session', 'vault', 'file'],
    });
    const account = await put();
    expect(account).toMatchObject({ token: 'ready' });
    const { items } = await callFromPage(studio.page, 'accounts.list', {});
    expect(items.map(({ id, source }) => [id, source])).toEqual([
      ['handed-huggingface', 'environment'],
      [account.id, 'stored'],
    ]);
    expect(JSON.stringify([account, items])).not.toMatch(/canary/iu);
    // Catches: the shell's keyring being served to pages.
    for (const method of ['keyring.open', 'keyring.seal', 'keyring.status'])
      await expect(callFromPage(studio.page, method as 'app.info', {})).rejects.toThrow(
        'core.unknown_method',
      );
    const family = familyOf(studio.pid);
    expect(family.length).toBeGreaterThan(2);
    for (const pid of family)
      expect(readFileSync(`/proc/${String(pid)}/cmdline`, 'latin1'), String(pid)).not.toMatch(/canary/iu);
    await studio.quit();
    expect(findText(bench.folder, [CANARY, HANDED])).toEqual([]);
  });

  it('with a keyring they are kept as the system’s ciphertext, in a file of the owner alone', async () => {
    studio = await bench.open();
    // The stand-in has no keyring; what stands in its place is as reversible, and as unreadable to a search.
    await studio.app.evaluate(({ safeStorage }) => {
      const flip = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0x5a));
      Object.assign(safeStorage, {
        isEncryptionAvailable: () => true,
        getSelectedStorageBackend: () => 'gnome_libsecret',
        encryptString: (text: string) => flip(Buffer.from(text)),
        decryptString: (bytes: Buffer) => flip(bytes).toString(),
        isAsyncEncryptionAvailable: undefined,
        encryptStringAsync: undefined,
        decryptStringAsync: undefined,
      });
    });
    expect(await callFromPage(studio.page, 'accounts.status', {})).toMatchObject({
      place: 'keyring',
      keyring: { available: true, backend: 'gnome_libsecret' },
    });
    const { id } = await put();
    const file = path.join(bench.home, 'secrets', 'keyring.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { entries } = JSON.parse(readFileSync(file, 'utf8')) as { entries: Record<string, string> };
    expect(Object.keys(entries)).toEqual([id]);
    // Moving them elsewhere opens each by the shell.
    await callFromPage(studio.page, 'accounts.keepIn', { place: 'vault', passphrase: 'correct horse' });
    expect(readdirSync(path.dirname(file))).toEqual(['vault.json']);
    const { items } = await callFromPage(studio.page, 'accounts.list', {});
    expect(items.find((item) => item.id === id)).toMatchObject({ token: 'ready' });
    await studio.quit();
    expect(findText(bench.folder, [CANARY])).toEqual([]);
  });
});
