import { z } from 'zod';

import { method } from '../../../electron/shared/contract/define.ts';

/** What a test asks of the toy's process besides the toy contract; over the shell's own channel. */
export const TOY_CONTROL = {
  'control.bump': method({ input: z.object({ times: z.int() }), output: z.object({}), errors: [] }),
  'control.defects': method({
    input: z.object({}),
    output: z.object({ methods: z.array(z.string()) }),
    errors: [],
  }),
} as const;
