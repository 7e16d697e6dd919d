import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { handlersFor, method, type HandlersFor } from '../../electron/shared/contract/define.ts';

const CONTRACT = {
  'a.one': method({
    input: z.object({ n: z.int().default(1) }),
    output: z.object({ n: z.int() }),
    errors: [],
  }),
  'a.two': method({ input: z.object({}), output: z.object({}), errors: ['core.not_found'] }),
} as const;

const one = ({ n }: { n: number }): { n: number } => ({ n });
const two = (): Record<string, never> => ({});

// The compiler is the test here: each line marked as an expected error fails the type check if it is none.
describe('handlersFor', () => {
  it('takes exactly the handlers of the contract', () => {
    const handlers: HandlersFor<typeof CONTRACT> = handlersFor(CONTRACT)({ 'a.one': one, 'a.two': two });
    expect(Object.keys(handlers)).toEqual(['a.one', 'a.two']);
  });

  it('does not compile with a missing handler', () => {
    // @ts-expect-error 'a.two' is missing
    handlersFor(CONTRACT)({ 'a.one': one });
  });

  it('does not compile with an extra handler, and drops it', () => {
    const extra = { 'a.one': one, 'a.two': two, 'a.three': two };
    // @ts-expect-error 'a.three' is not in the contract
    const handlers = handlersFor(CONTRACT)(extra);
    expect(Object.keys(handlers)).not.toContain('a.three');
  });

  it('does not compile with a wrong output', () => {
    // @ts-expect-error the output of 'a.one' has a number
    handlersFor(CONTRACT)({ 'a.one': () => ({ n: 'one' }), 'a.two': two });
  });

  it('does not compile with a code that has no texts', () => {
    // @ts-expect-error no such code
    method({ input: z.object({}), output: z.object({}), errors: ['core.no_such_code'] });
  });
});
