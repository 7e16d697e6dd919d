import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { blocksOf } from '../../../../renderer/ui/markdown/blocks.ts';
import { inlineOf, type Inline } from '../../../../renderer/ui/markdown/inline.ts';

const textOf = (pieces: readonly Inline[]): string =>
  pieces
    .map((piece) => {
      if ('inside' in piece) return textOf(piece.inside);
      return piece.kind === 'link' ? piece.label + piece.address : piece.text;
    })
    .join('');

describe('Markdown of an answer', () => {
  it('has the blocks that models write', () => {
    const text = [
      '# 一',
      '第一行',
      '第二行',
      '',
      '1. 甲',
      '   - 子项',
      '2. 乙',
      '',
      '> 引用',
      '',
      '| a | b |',
      '|---|:-:|',
      '| 1 | x\\|y |',
      '---',
      '```python',
      'if a:',
      '',
      '    # no heading',
      '```',
      '完',
    ].join('\n');
    expect(blocksOf(text)).toEqual([
      { kind: 'heading', level: 1, text: '一' },
      { kind: 'paragraph', text: '第一行\n第二行' },
      { kind: 'list', start: 1, items: ['甲\n- 子项', '乙'] },
      { kind: 'quote', text: '引用' },
      { kind: 'table', head: ['a', 'b'], rows: [['1', 'x|y']] },
      { kind: 'rule' },
      { kind: 'code', language: 'python', text: 'if a:\n\n    # no heading', isClosed: true },
      { kind: 'paragraph', text: '完' },
    ]);
  });

  it('takes the rest of the text for code while the end of the code is not written yet', () => {
    expect(blocksOf('看：\n```js\nlet a')).toEqual([
      { kind: 'paragraph', text: '看：' },
      { kind: 'code', language: 'js', text: 'let a', isClosed: false },
    ]);
  });

  it('does not take a year or a dash in a paragraph for a list', () => {
    expect(blocksOf('签订于\n2024. 之后生效')).toEqual([
      { kind: 'paragraph', text: '签订于\n2024. 之后生效' },
    ]);
    expect(blocksOf('-5 度')).toEqual([{ kind: 'paragraph', text: '-5 度' }]);
  });

  it('marks a line, and leaves what is not closed', () => {
    expect(inlineOf('**重要**：见 `a*b*c` 与 *斜*，snake_case_name，**未完')).toEqual([
      { kind: 'strong', inside: [{ kind: 'text', text: '重要' }] },
      { kind: 'text', text: '：见 ' },
      { kind: 'code', text: 'a*b*c' },
      { kind: 'text', text: ' 与 ' },
      { kind: 'emphasis', inside: [{ kind: 'text', text: '斜' }] },
      { kind: 'text', text: '，snake_case_name，**未完' },
    ]);
    expect(inlineOf('2 * 3 * 4 = 24, a\\*b')).toEqual([{ kind: 'text', text: '2 * 3 * 4 = 24, a*b' }]);
  });

  it('keeps the address of a link in sight and HTML as text', () => {
    expect(
      inlineOf('[官网](javascript:alert(1)) [a](https://e.org "t")').filter((one) => one.kind === 'link'),
    ).toEqual([{ kind: 'link', label: 'a', address: 'https://e.org' }]);
    const html = '<img src=x onerror=alert(1)>';
    expect(inlineOf(html)).toEqual([{ kind: 'text', text: html }]);
  });

  it('comes to an end and loses no letter or digit, whatever a model writes', () => {
    const marks = fc.constantFrom(
      '*',
      '**',
      '`',
      '```',
      '_',
      '~~',
      '[',
      '](',
      ')',
      '#',
      '> ',
      '- ',
      '1. ',
      '|',
      '\n',
      ' ',
    );
    const letters = fc.constantFrom('甲', 'a', '7', '。');
    fc.assert(
      fc.property(fc.array(fc.oneof(marks, letters), { maxLength: 120 }), (parts) => {
        const line = parts.join('').replaceAll('\n', ' ');
        const plain = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, '');
        expect(plain(textOf(inlineOf(line)))).toBe(plain(line));
        blocksOf(parts.join(''));
      }),
      { numRuns: 500 },
    );
    for (const mark of ['*', '`', '**a ', '[', '_a', '~~x', '[a](']) textOf(inlineOf(mark.repeat(1500)));
  });
});
