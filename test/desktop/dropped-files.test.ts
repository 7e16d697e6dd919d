import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './shell-calls.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

/** What a person drops on the window comes with its real path, and with whatever its maker put into it. */
describe.skipIf(shell === undefined)('what is dropped on the window of the desktop app', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;
  /** Nobody granted it: it lies beside the data folder and the person's own. */
  let place: string;

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
    await studio.page.getByText(bench.home).waitFor();
    place = path.join(bench.folder, 'from elsewhere');
    mkdirSync(path.join(place, 'good'), { recursive: true });
    mkdirSync(path.join(place, 'bad'));
    writeFileSync(path.join(place, 'good/rows.jsonl'), '{"input":"问","output":"答"}\n');
    writeFileSync(path.join(place, 'bad/rows.jsonl'), '{"input":"问","output":"答"}\n');
    writeFileSync(path.join(place, 'secret.jsonl'), '{"input":"secret","output":"secret"}\n');
    symlinkSync('../secret.jsonl', path.join(place, 'bad/more.jsonl'));
    symlinkSync('circle', path.join(place, 'circle'));
  });
  afterAll(() => bench.dispose());

  /** The engine's own drop, with files of the disk; the page hands each to the bridge as its screens do. */
  async function drop(...files: readonly string[]): Promise<readonly string[]> {
    await studio.page.evaluate(() => {
      const seen = window as unknown as { dropped: Promise<string[]> };
      seen.dropped = new Promise((resolve) => {
        const stop = (event: DragEvent): void => {
          event.preventDefault();
          event.stopImmediatePropagation();
        };
        window.addEventListener('dragover', stop, { capture: true });
        window.addEventListener(
          'drop',
          (event) => {
            stop(event);
            const { studio: bridge } = window as unknown as {
              studio: { grantFile: (file: File) => Promise<string> };
            };
            const found = [...(event.dataTransfer?.files ?? [])];
            resolve(Promise.all(found.map((file) => bridge.grantFile(file))));
          },
          { capture: true, once: true },
        );
      });
    });
    const devtools = await studio.page.context().newCDPSession(studio.page);
    const data = { items: [], files: [...files], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await devtools.send('Input.dispatchDragEvent', { type, x: 700, y: 400, data });
    await devtools.detach();
    return studio.page.evaluate(() => (window as unknown as { dropped: Promise<string[]> }).dropped);
  }

  const importing = (source: string): Promise<unknown> =>
    callFromPage(studio.page, 'datasets.import', { sources: [source] });

  it('may be read, what lies beside it may not', async () => {
    const good = path.join(place, 'good');
    await expect(importing(good)).rejects.toThrow('server.path_refused');
    expect(await drop(good)).toEqual([good]);
    await importing(good);
    for (const beside of [place, path.join(place, 'secret.jsonl'), path.join(good, '../secret.jsonl')])
      await expect(importing(beside)).rejects.toThrow('server.path_refused');
  });

  it('is not followed out of its folder by a link in it', async () => {
    const bad = path.join(place, 'bad');
    await drop(bad);
    await expect(importing(path.join(bad, 'more.jsonl'))).rejects.toThrow('server.path_refused');
    const { datasetId } = await callFromPage(studio.page, 'datasets.import', { sources: [bad] });
    const outcome = async (): Promise<string | undefined> => {
      const { state, error } = await callFromPage(studio.page, 'datasets.show', { dataset: datasetId });
      return state === 'failed' ? error?.code : state;
    };
    await expect.poll(outcome).toBe('data.link_leads_out');
  });

  it('is refused where it cannot be looked up, noted once, and the core lives', async () => {
    const { startedAtMs } = await callFromPage(studio.page, 'app.info', {});
    const circle = path.join(place, 'circle');
    await drop(circle);
    await expect(importing(circle)).rejects.toThrow('server.path_refused');
    await drop(circle);
    expect((await callFromPage(studio.page, 'app.info', {})).startedAtMs).toBe(startedAtMs);
    const lines = readFileSync(path.join(bench.home, 'logs', 'core.log'), 'utf8').split('\n');
    expect(lines.filter((line) => line.includes('server.path_refused'))).toHaveLength(1);
    const shellLog = readFileSync(path.join(bench.home, 'shell', 'shell.log'), 'utf8');
    expect(shellLog).not.toContain('"state":"failed"');
  });
});
