import { expect, it } from 'vitest';

import { memorisationVerdict } from '../../../electron/shared/domain/memorisation-verdict.ts';

type Facts = Parameters<typeof memorisationVerdict>[0];

const facts = (added: number, outputs: Facts['personalData']['outputs'] = [], askedRows = 64): Facts => ({
  askedRows,
  verbatim: { tuned: added, base: 0, added },
  personalData: { foundRows: 0, rows: [], outputs },
});

// Would catch: what the base knows already, a hint, or a made-up number that stops a release; a leak that does not.
it('finds what the run added, and nothing else', () => {
  const output = { kind: 'mobile', hint: false, reproduced: 0, other: 3 } as const;
  expect(memorisationVerdict(facts(0))).toBe('none-found');
  expect(memorisationVerdict(facts(1))).toBe('found');
  expect(memorisationVerdict(facts(0, [output]))).toBe('none-found');
  expect(memorisationVerdict(facts(0, [{ ...output, reproduced: 1 }]))).toBe('found');
  expect(memorisationVerdict(facts(0, [{ ...output, kind: 'name', hint: true, reproduced: 2 }]))).toBe(
    'none-found',
  );
  expect(memorisationVerdict({ ...facts(0), verbatim: { tuned: 9, base: 9, added: 0 } })).toBe('none-found');
  expect(memorisationVerdict(facts(0, [], 0))).toBe('not-judged');
});
