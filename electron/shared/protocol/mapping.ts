import { z } from 'zod';

/** Row layouts that the importer recognises (`data.md` 4). */
export const layoutSchema = z.enum([
  'disc-pair',
  'disc-triplet',
  'question-answer',
  'alpaca',
  'sharegpt',
  'messages',
  'query-response',
  'human-assistant',
  'xtuner',
  'lawyer-llama',
  'custom',
]);

/**
 * How columns of a source become chat messages. Left out fields are detected per row;
 * a column that is named here but missing in a row makes that row a problem.
 */
export const mappingSchema = z
  .strictObject({
    layout: layoutSchema.optional().meta({ description: 'Forces one layout for every row.' }),
    prompt: z
      .array(z.string())
      .min(1)
      .optional()
      .meta({ description: 'Columns joined by a line feed as the question.' }),
    answer: z.string().optional().meta({ description: 'Column of the answer.' }),
    system: z.string().optional().meta({ description: 'Column of the system prompt.' }),
    history: z.string().optional().meta({ description: 'Column of earlier turns.' }),
    reference: z.string().optional().meta({ description: 'Column of references (text or list of texts).' }),
    referencePlacement: z
      .enum(['ignore', 'before', 'after'])
      .default('ignore')
      .meta({ description: 'Where references stand relative to the question.' }),
    referenceHeading: z
      .string()
      .default('参考资料：')
      .meta({ description: 'Line written above the references.' }),
  })
  .meta({ title: 'Mapping' });

export type Mapping = z.output<typeof mappingSchema>;
export type MappingInput = z.input<typeof mappingSchema>;
