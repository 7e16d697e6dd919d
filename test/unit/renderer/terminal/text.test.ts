import { describe, expect, it } from 'vitest';

import { inputPieces } from '../../../../renderer/features/terminal/input-pieces.ts';
import { pastedText } from '../../../../renderer/features/terminal/pasted-text.ts';
import { createScreenFeed } from '../../../../renderer/features/terminal/screen-feed.ts';

describe('what a person puts into the terminal', () => {
  // An end of paste mode inside a pasted text would have the rest of it run as typed.
  it('a pasted text keeps lines and tabs, and nothing else that acts', () => {
    expect(pastedText('a\tb\r\nc\u001B[201~d\u009B1me\u0000\u007F中')).toBe('a\tb\r\nc[201~d1me中');
  });

  it('a long text goes in pieces the core takes, none of which splits a character', () => {
    const text = `${'x'.repeat(32_767)}🙂${'中'.repeat(40_000)}`;
    const pieces = [...inputPieces(text)];
    expect(pieces.join('')).toBe(text);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(32_768);
    expect(pieces[0]).toHaveLength(32_767);
  });
});

describe('what comes to the screen', () => {
  const terminal = { terminalId: 't', shell: 'bash', folder: '/', openedAtMs: 0, columns: 80, rows: 24 };

  it('is acknowledged when it is shown, once in 5,000 characters', () => {
    const shown: (() => void)[] = [];
    const told: number[] = [];
    const feed = createScreenFeed(
      { fit: () => undefined, reset: () => undefined, write: (_, done) => void shown.push(done) },
      (through) => told.push(through),
    );
    feed.take({ kind: 'snapshot', terminal, screen: 'x', through: 100 });
    feed.take({ kind: 'output', text: 'a'.repeat(4999), through: 5099 });
    feed.take({ kind: 'output', text: 'b', through: 5100 });
    feed.take({ kind: 'output', text: 'c', through: 5101 });
    expect(told).toEqual([]);
    for (const done of shown) done();
    expect(told).toEqual([100, 5100]);
  });

  // A page that fits itself while a snapshot is drawn would draw it at the wrong width.
  it('a snapshot is drawn at the core’s size, and the page’s size comes after it', () => {
    const steps: string[] = [];
    let drawn = (): void => undefined;
    const feed = createScreenFeed(
      {
        fit: () => steps.push('fit'),
        reset: ({ columns }) => steps.push(`reset ${String(columns)}`),
        write: (_, done) => (drawn = done),
      },
      () => undefined,
    );
    feed.take({ kind: 'snapshot', terminal, screen: 'x', through: 1 });
    feed.fit();
    expect(feed.isDrawing).toBe(true);
    drawn();
    expect(steps).toEqual(['reset 80', 'fit']);
  });
});
