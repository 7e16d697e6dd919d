import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fullTextQuery } from '../../../electron/shared/domain/full-text-query.ts';

describe('fullTextQuery', () => {
  it('makes one phrase of Chinese characters', () => {
    expect(fullTextQuery('离婚')).toBe('"离  婚"');
    expect(fullTextQuery('民法典1079条')).toBe('"民  法  典 1079 条"');
  });

  it('leaves no operator of the query language outside the quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (search) => {
        const query = fullTextQuery(search);
        expect(query.startsWith('"') && query.endsWith('"')).toBe(true);
        expect(query.slice(1, -1).replaceAll('""', '')).not.toContain('"');
        expect(query).not.toContain('\0');
      }),
    );
  });
});
