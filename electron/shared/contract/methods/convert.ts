import { z } from 'zod';

import { method } from '../define.ts';

export const CONVERT_METHODS = {
  /**
   * Writes the weights of a folder that has them only as pickle as safetensors beside them, without a pickle
   * loader: tensors are copied, nothing is called. The topic `job.<id>` says how far it is; then add the folder.
   */
  'models.convert': method({
    input: z.strictObject({ path: z.string().min(1) }),
    output: z.object({ jobId: z.string(), path: z.string() }),
    errors: ['core.read_only', 'model.folder_missing'],
  }),
} as const;
