import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { TEST_PYTHON, TestStudio } from '../core/core-harness.ts';
import { Follower, terminalPorts, terminalProcesses } from './terminal-bench.ts';
import { PAUSE_ABOVE_CHARACTERS } from '../../../electron/core/terminal/output-credit.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { TerminalView } from '../../../electron/shared/contract/methods/terminal.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';

/** node-pty reads in pieces of this size at most; one may be on its way when the program is told to wait. */
const PIECE_CHARACTERS = 65_536;

/** A real bash behind a real pseudo-terminal of the real core. */
describe('terminals of the core', () => {
  let studio: TestStudio;
  let userHome: string;
  let client: RpcClient<StudioContract>;

  beforeEach(async () => {
    studio = new TestStudio();
    userHome = mkdtempSync(path.join(tmpdir(), 'user 用户 '));
    // What many a person's start file does, with its own prompt for the tests.
    writeFileSync(path.join(userHome, '.bashrc'), 'PATH="/usr/bin:$PATH"\nPS1="ready> "\n');
    const environment = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: userHome,
      SHELL: '/bin/bash',
      LANG: 'C.UTF-8',
      HF_TOKEN: 'hf_secret',
      HTTPS_PROXY: 'http://user:secret@proxy:1',
      AWS_SECRET_ACCESS_KEY: 'secret',
      PYTHONPATH: '/elsewhere',
    };
    client = await studio.client('write', terminalPorts(studio, environment));
  });
  afterEach(async () => {
    await studio.dispose();
    rmSync(userHome, { recursive: true, force: true });
  });

  const open = async (): Promise<TerminalView> => {
    const view = await client.call('terminal.open', { columns: 100, rows: 30 });
    return view;
  };
  const ready = (follower: Follower): Promise<void> => follower.until(({ text }) => text.includes('ready> '));

  it('a shell in the data folder with the runtime’s python first, whatever the start file does', async () => {
    const view = await open();
    expect(view).toMatchObject({ shell: 'bash', folder: studio.home, columns: 100, rows: 30 });
    const follower = new Follower(client, view.terminalId);
    await ready(follower);
    await follower.type('echo "[$(type -p python)] [$VIRTUAL_ENV] [$PWD] [$LEGAL_EAGLE_HOME]"\r');
    const bin = path.dirname(TEST_PYTHON);
    const expected = `[${bin}/python] [${path.dirname(bin)}] [${studio.home}] [${studio.home}]`;
    await follower.until(({ text }) => text.replaceAll(/\r\n/gu, '').includes(expected));
  });

  it('no secret of the studio’s environment reaches the shell', async () => {
    const { terminalId } = await open();
    const follower = new Follower(client, terminalId);
    await ready(follower);
    await follower.type('env; echo "do""ne"\r');
    await follower.until(({ text }) => text.includes('done'));
    expect(follower.text).toContain('TERM=xterm-256color');
    expect(follower.text).not.toMatch(/secret|HF_TOKEN|PYTHONPATH/u);
  });

  it('the program sees the size of the page, and every change of it', async () => {
    const { terminalId } = await open();
    const follower = new Follower(client, terminalId);
    await ready(follower);
    await client.call('terminal.resize', { terminalId, columns: 133, rows: 41 });
    await follower.type('stty size\r');
    await follower.until(({ text }) => text.includes('41 133'));
    const { items } = await client.call('terminal.list', {});
    expect(items).toMatchObject([{ terminalId, columns: 133, rows: 41 }]);
  });

  it('a program waits for a page that shows nothing, and goes on when it does; nothing is lost', async () => {
    const { terminalId } = await open();
    const setUp = new Follower(client, terminalId);
    await ready(setUp);
    setUp.leave();
    const slow = new Follower(client, terminalId, false);
    await slow.until(({ events }) => events.length > 0);
    const before = slow.through;
    // Exactly 2,000,000 characters between two marks; a terminal writes \r\n for \n.
    await slow.type("printf 'be''gin'; head -c 1000000 /dev/zero | tr '\\0' '\\n'; printf 'e''nd'\r");
    await slow.until(({ through }) => through - before > PAUSE_ABOVE_CHARACTERS);
    // Whatever was under way arrives; then it stands still, far from the end.
    let last = -1;
    while (last !== slow.through) {
      last = slow.through;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(slow.through - before).toBeLessThan(PAUSE_ABOVE_CHARACTERS + 3 * PIECE_CHARACTERS);
    expect(slow.text).not.toContain('end');
    slow.leave();
    const quick = new Follower(client, terminalId);
    await quick.until(({ text }) => text.includes('end'));
    // All that was written is counted: the marks and two million characters between them.
    expect(quick.through - before).toBeGreaterThan(2_000_000);
  });

  it('counts every character: begin to end is as long as what was written', async () => {
    const { terminalId } = await open();
    const follower = new Follower(client, terminalId);
    await ready(follower);
    await follower.type("printf 'be''gin'; head -c 500000 /dev/zero | tr '\\0' '\\n'; printf 'e''nd'\r");
    await follower.until(({ text }) => text.includes('end'));
    const between = follower.text.slice(follower.text.indexOf('begin') + 5, follower.text.indexOf('end'));
    expect(between).toBe('\r\n'.repeat(500_000));
    const outputs = follower.events.filter((event) => event.kind === 'output');
    expect(Math.max(...outputs.map(({ text }) => text.length))).toBeLessThanOrEqual(16_384);
  });

  it('output that nobody follows does not stop the program', async () => {
    const { terminalId } = await open();
    const follower = new Follower(client, terminalId);
    await ready(follower);
    const flag = path.join(userHome, 'written');
    follower.leave();
    await follower.type(
      `head -c 1000000 /dev/zero | tr '\\0' '\\n'; echo yes > '${flag}'; echo 'fin''ished'\r`,
    );
    const late = new Follower(client, terminalId);
    await late.until(({ text }) => text.includes('finished'));
  });

  it('a page that comes back gets the screen as it was, and what follows exactly once', async () => {
    const { terminalId } = await open();
    const first = new Follower(client, terminalId);
    await ready(first);
    await first.type("printf '\\033[1;31mred\\033[0m 中文🙂\\033]0;my\\001 title\\007'\r");
    await first.until(({ text }) => text.includes('title\u0007'));
    first.leave();
    const second = new Follower(client, terminalId);
    await second.until(({ events }) => events.length > 0);
    const [snapshot] = second.events;
    expect(snapshot).toMatchObject({ kind: 'snapshot', terminal: { title: 'my title' } });
    expect(second.text).toMatch(/\u001B\[31;1mred.*中文🙂/su);
    // The snapshot holds neither a title nor anything else that acts: it only draws.
    expect(second.text).not.toMatch(/\u001B[\]PX^_]/u);
    await second.type("echo 'on''ce'\r");
    await second.until(({ text }) => text.includes('once'));
    expect(second.text.split('once')).toHaveLength(2);
  });

  it('answers a program’s question itself, so that no page has to', async () => {
    const { terminalId } = await open();
    const page = new Follower(client, terminalId);
    await ready(page);
    await page.type(String.raw`IFS= read -rs -d c -t 30 -p $'\e[c' a; printf '<%q>\n' "$a"` + '\r');
    await page.until(({ text }) => /<\$'\\E\[\?[\d;]+'>/u.test(text));
  });

  it('says how a shell ended: an exit code, or the signal that killed it', async () => {
    const [coded, killed] = [await open(), await open()];
    const ends: Record<string, unknown> = {};
    const bothEnded = new Promise<void>((resolve) => {
      client.subscribe('terminals', ({ data }) => {
        for (const { terminalId, exit } of (data as { items: TerminalView[] }).items)
          if (exit !== undefined) ends[terminalId] = exit;
        if (Object.keys(ends).length === 2) resolve();
      });
    });
    await client.call('terminal.input', { terminalId: coded.terminalId, text: 'exit 7\r' });
    await client.call('terminal.input', { terminalId: killed.terminalId, text: 'kill -9 $$\r' });
    await bothEnded;
    expect(ends).toEqual({ [coded.terminalId]: { exitCode: 7 }, [killed.terminalId]: { signal: 'SIGKILL' } });
    await expect(
      client.call('terminal.input', { terminalId: coded.terminalId, text: 'x' }),
    ).rejects.toMatchObject({ code: 'terminal.ended' });
  });

  it('closing ends all that was started in it, also what left its group', async () => {
    const { terminalId } = await open();
    const follower = new Follower(client, terminalId);
    await ready(follower);
    await follower.type("(setsid nohup sleep 1000 >/dev/null 2>&1 &); sleep 1000 & echo 'star''ted'\r");
    await follower.until(({ text }) => text.includes('started'));
    // The shell's word comes before the last of them runs: a process between fork and exec has no environment.
    await expect.poll(() => terminalProcesses(terminalId).length).toBeGreaterThanOrEqual(3);
    await client.call('terminal.close', { terminalId });
    expect(terminalProcesses(terminalId)).toEqual([]);
    await expect(client.call('terminal.input', { terminalId, text: 'x' })).rejects.toMatchObject({
      code: 'terminal.unknown',
    });
  });

  it('nothing of a terminal outlives its core', async () => {
    const { terminalId } = await open();
    const follower = new Follower(client, terminalId);
    await ready(follower);
    await studio.dispose();
    expect(terminalProcesses(terminalId)).toEqual([]);
  });

  it('no more than eight; an ended one makes room', async () => {
    const views = [];
    for (let count = 0; count < 8; count += 1) views.push(await open());
    await expect(open()).rejects.toMatchObject({ code: 'terminal.too_many', params: { most: 8 } });
    const [first] = views;
    if (first === undefined) return;
    const ended = new Promise<void>((resolve) => {
      client.subscribe('terminals', ({ data }) => {
        if ((data as { items: TerminalView[] }).items.some(({ exit }) => exit !== undefined)) resolve();
      });
    });
    await client.call('terminal.input', { terminalId: first.terminalId, text: 'exit\r' });
    await ended;
    expect((await open()).terminalId).not.toBe(first.terminalId);
  });
});
