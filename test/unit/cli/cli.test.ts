import { describe, expect, it } from 'vitest';

import { defaultHome } from '../../../electron/core/node-ports.ts';
import { wheelsOfIndexPage } from '../../../electron/core/runtime/torch-source.ts';
import { durationText } from '../../../electron/cli/language.ts';
import { readArguments } from '../../../electron/cli/options.ts';
import { Terminal } from '../../../electron/cli/terminal.ts';
import { withSettings } from '../../../electron/cli/verbs/train.ts';

const sink = (
  isTTY: boolean,
  columns?: number,
): { text: string; write: (text: string) => void; isTTY: boolean; columns: number | undefined } => ({
  text: '',
  write(text) {
    this.text += text;
  },
  isTTY,
  columns,
});

describe('--set', () => {
  it('keeps numbers, lists, null and text what they are (a quoted number would fail the schema)', () => {
    const recipe = withSettings({ lora: { rank: 8, alpha: 16 }, name: 'a' }, [
      'lora.rank=16',
      'lora.targets=[wqkv, wo]',
      'systemPrompt=null',
      'name=b=c',
      'hardware.device=cpu',
    ]);
    expect(recipe).toEqual({
      lora: { rank: 16, alpha: 16, targets: ['wqkv', 'wo'] },
      systemPrompt: null,
      name: 'b=c',
      hardware: { device: 'cpu' },
    });
  });

  it('does not change the recipe it started from', () => {
    const recipe = { lora: { rank: 8 } };
    withSettings(recipe, ['lora.rank=1']);
    expect(recipe.lora.rank).toBe(8);
  });

  it('without a value is refused', () => {
    expect(() => withSettings({}, ['rank'])).toThrow('cli.invalid_arguments');
  });
});

describe('options', () => {
  it('read numbers as numbers and refuse what is none (NaN would reach the core as null)', () => {
    const table = { n: { kind: 'number', help: { en: '', zh: '' } } } as const;
    expect(readArguments(['--n', '3'], table, 'u').number('n')).toBe(3);
    expect(() => readArguments(['--n', ''], table, 'u').number('n')).toThrow();
    expect(() => readArguments(['--m'], table, 'u')).toThrow();
  });
});

describe('the terminal', () => {
  it('with --json writes nothing but JSON lines to standard output', () => {
    const out = sink(false);
    const err = sink(false);
    const terminal = new Terminal('en', true, out, err, () => 0);
    terminal.say('hello');
    terminal.progress('half');
    terminal.stream('answer');
    terminal.emit({ done: true });
    expect(out.text).toBe('{"done":true}\n');
    expect(err.text).toContain('hello');
  });

  it('cuts a progress line at the width of the screen, Chinese characters counting twice', () => {
    const err = sink(true, 11);
    new Terminal('zh', false, sink(true), err, () => 0).progress('训练中训练中训练中');
    expect(err.text.endsWith('训练中训练')).toBe(true);
  });

  it('says durations the way each language does', () => {
    expect(durationText(7_860_000, 'en')).toBe('2 h 11 m');
    expect(durationText(7_860_000, 'zh')).toBe('2 小时 11 分');
    expect(durationText(61_000, 'en')).toBe('1 m 01 s');
  });
});

describe('places', () => {
  it('of data follow the system they are for', () => {
    expect(defaultHome('win32', { LOCALAPPDATA: 'C:\\L' }, 'C:\\Users\\a')).toBe(
      'C:\\L\\LegalEagleStudio\\data',
    );
    expect(defaultHome('linux', { XDG_DATA_HOME: '/d' }, '/home/a')).toBe('/d/legal-eagle-studio');
    expect(defaultHome('linux', {}, '/home/a')).toBe('/home/a/.local/share/legal-eagle-studio');
  });
});

describe('an index page', () => {
  it('gives a wheel only with the digest it publishes', () => {
    const digest = 'a'.repeat(64);
    const page =
      `<a href="/whl/cpu/torch-2.13.0%2Bcpu-cp311-cp311-linux_x86_64.whl#sha256=${digest}">x</a>` +
      '<a href="torch-2.13.0-cp311-cp311-win_amd64.whl">no digest</a>';
    expect(wheelsOfIndexPage(page, 'https://example.org/whl/cpu/torch/')).toEqual([
      {
        url: 'https://example.org/whl/cpu/torch-2.13.0%2Bcpu-cp311-cp311-linux_x86_64.whl',
        name: 'torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl',
        sha256: digest,
      },
    ]);
  });
});
