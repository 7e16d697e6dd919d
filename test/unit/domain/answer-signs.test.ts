import fc from 'fast-check';
import { expect, it } from 'vitest';

import { answerSigns, endsInRepetition } from '../../../electron/shared/domain/answer-signs.ts';

it('marks an empty answer, one that never stops, and one that loops', () => {
  expect(answerSigns(' \n', 'stop')).toEqual(['empty']);
  expect(answerSigns('根据民法典第一百条。', 'length')).toEqual(['never_stops']);
  expect(answerSigns(`好的。${'根据法律规定，'.repeat(9)}`, 'length')).toEqual(['repetition', 'never_stops']);
});

it('finds a loop of any piece whatever stands before it, and with its last turn cut', () => {
  const piece = fc.string({ minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(fc.string(), piece, fc.nat(), (before, loop, cut) => {
      const text = before + loop.repeat(24) + loop.slice(0, cut % loop.length);
      expect(endsInRepetition(text)).toBe(true);
    }),
  );
});

it('lets ordinary legal prose, numbered lists and short ellipses pass', () => {
  for (const text of [
    '第一，应当先协商；第二，协商不成的，可以申请调解；第三，可以向人民法院起诉。',
    '1. 合同\n2. 合同\n3. 合同\n4. 侵权',
    '是的……',
    '哈哈哈哈',
  ]) {
    expect(endsInRepetition(text), text).toBe(false);
  }
});
