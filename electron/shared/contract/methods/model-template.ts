import { z } from 'zod';

import { method } from '../define.ts';
import { referenceSchema } from './common.ts';

export const MODEL_TEMPLATE_METHODS = {
  /**
   * Looks at a model folder's own chat template in a job, or names the job that has looked at the same files
   * already; the topic `job.<id>` brings its result, a `TemplateInspection`.
   */
  'models.template': method({
    input: z.object({ model: referenceSchema }),
    output: z.object({ jobId: z.string() }),
    errors: [
      'core.not_found',
      'core.ambiguous',
      'core.read_only',
      'model.not_ready',
      'model.gguf_not_trained',
    ],
  }),
} as const;
