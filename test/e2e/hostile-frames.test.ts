import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';

import { openSocket, signIn } from '../contract/transports.ts';
import { FUZZED_METHODS } from '../helpers/fuzzed-methods.ts';
import { answersOwed, hostileFrames } from '../helpers/hostile-frames.ts';
import { startStudioServer, type StudioServer } from '../helpers/studio-server.ts';

const COUNT = 10_000;
const SEED = Number(process.env['LEGAL_EAGLE_TEST_SEED'] ?? Date.now() % 2 ** 31);
const BURST = 100;
const FIRST_OWN_ID = 2 ** 52;
/** What is no text, no JSON, or longer than a frame may be: the socket is closed with a code of the protocol. */
const UNREADABLE: readonly (readonly [name: string, data: string | Uint8Array, code: number])[] = [
  ['bytes', new Uint8Array([0, 255, 1]), 1007],
  ['text that is no JSON', '{"k":', 1007],
  ['no text at all', '', 1007],
  ['nine million characters', JSON.stringify({ k: 'req', id: 1, params: 'x'.repeat(9_000_000) }), 1009],
];

type Answer = Readonly<{ k: string; id: number; ok?: boolean; error?: Readonly<{ code: string }> }>;

/** The frames that the desktop's ports are tried with, over the real socket of the real server. */
describe(`a hostile browser (seed ${String(SEED)})`, () => {
  const home = mkdtempSync(path.join(tmpdir(), 'legal-eagle-fuzz-'));
  let server: StudioServer;
  let cookie: string;
  let port: number;

  beforeAll(async () => {
    server = await startStudioServer(home);
    cookie = await signIn(server.address);
    port = Number(new URL(server.address).port);
  });
  afterAll(async () => {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  });

  const open = (): Promise<WebSocket> =>
    openSocket(port, { cookie, origin: `http://127.0.0.1:${String(port)}` });

  it(`${String(COUNT)} frames: each is answered, or refused with a code`, async () => {
    const socket = await open();
    const answers: Record<string, number> = {};
    const waiting = new Map<number, () => void>();
    const owed = { least: 0, most: 0 };
    let sent = 0;
    let answered = 0;
    socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString('utf8')) as Answer;
      if (answer.k !== 'res') return;
      waiting.get(answer.id)?.();
      if (waiting.delete(answer.id)) return;
      const code = answer.ok === true ? 'ok' : (answer.error?.code ?? 'no code');
      answers[code] = (answers[code] ?? 0) + 1;
      answered += 1;
    });
    const texts = hostileFrames({
      seed: SEED,
      // JSON cannot say every tenth.
      count: COUNT * 1.3,
      methods: FUZZED_METHODS,
    }).flatMap((frame) => {
      const text = jsonOf(frame);
      return text === undefined || text.length > 8_000_000 ? [] : [text];
    });
    for (let at = 0; at < texts.length; at += BURST) {
      for (const text of texts.slice(at, at + BURST)) {
        socket.send(text);
        sent += 1;
        const { least, most } = answersOwed(JSON.parse(text));
        owed.least += least;
        owed.most += most;
      }
      const id = FIRST_OWN_ID + at;
      await new Promise<void>((resolve) => {
        waiting.set(id, resolve);
        socket.send(JSON.stringify({ k: 'req', id, method: 'app.info', params: {} }));
      });
    }
    await expect.poll(() => answered).toBeGreaterThanOrEqual(owed.least);
    socket.close();
    process.stdout.write(`frames over the WebSocket: ${JSON.stringify({ sent, owed, answers })}\n`);
    expect(sent).toBeGreaterThanOrEqual(COUNT);
    expect(answered).toBeLessThanOrEqual(owed.most);
    for (const code of [
      'core.bad_frame',
      'core.frame_too_large',
      'core.invalid_input',
      'core.unknown_method',
      'server.path_refused',
    ])
      expect(answers[code], code).toBeGreaterThan(0);
    for (const code of ['core.internal', 'no code']) expect(answers[code], code).toBeUndefined();
  });

  it.each(UNREADABLE)('%s: that socket ends, no other does', async (_name, data, code) => {
    const [good, bad] = [await open(), await open()];
    const ended = new Promise<number>((resolve) => bad.on('close', resolve));
    bad.send(data);
    expect(await ended).toBe(code);
    const answer = new Promise<string>((resolve) =>
      good.on('message', (text: Buffer) => resolve(text.toString('utf8'))),
    );
    good.send(JSON.stringify({ k: 'req', id: 1, method: 'app.info', params: {} }));
    expect(await answer).toContain('"ok":true');
    good.close();
  });

  it('is the same server afterwards, and noted each kind once', () => {
    expect(() => process.kill(server.pid, 0)).not.toThrow();
    const lines = readFileSync(path.join(home, 'logs', 'core.log'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.filter((line) => line.includes('a method failed without a code'))).toEqual([]);
    expect(lines.length).toBeLessThan(20);
    const codes = lines.flatMap((line) => (JSON.parse(line) as { code?: string }).code ?? []);
    expect(codes.length).toBe(new Set(codes).size);
    expect(codes).toContain('core.bad_frame');
  });
});

/** Undefined for what JSON cannot say: cycles, big numbers. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
