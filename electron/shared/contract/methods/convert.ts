import { z } from 'zod';

import { method } from '../define.ts';

export const CONVERT_METHODS = {
  /**
   * Writes the weights of a folder that has them only as pickle as safetensors beside them, without a pickle
   * loader: tensors are copied, nothing is called. The topic `job.<id>` says how far it is. With `add`, a folder
   * that became whole joins the library before that topic tells the end; else it is to be added.
   */
  'models.convert': method({
    input: z.strictObject({ path: z.string().min(1), add: z.boolean().default(false) }),
    output: z.object({ jobId: z.string(), path: z.string() }),
    errors: ['core.read_only', 'model.folder_missing'],
  }),
} as const;
