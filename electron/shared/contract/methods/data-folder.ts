import { z } from 'zod';
import { method } from '../define.ts';
import { emptySchema, errorSummarySchema, timeMsSchema } from './common.ts';

const moveSchema = z.object({
  /** `moved`: the copy is whole; this core changes nothing any more, the next start opens the copy. */
  state: z.enum(['idle', 'copying', 'checking', 'moved', 'failed']),
  target: z.string().optional(),
  doneBytes: z.int().optional(),
  totalBytes: z.int().optional(),
  error: errorSummarySchema.optional(),
});

const viewSchema = z.object({
  path: z.string(),
  /** Who named it. Only for `pointer` and `default` does a move change what the next start opens. */
  chosenBy: z.enum(['argument', 'environment', 'pointer', 'default']),
  /** Where it was before a move; it stays until the person has it deleted. */
  previous: z.object({ path: z.string(), bytes: z.int(), movedAtMs: timeMsSchema }).optional(),
  move: moveSchema,
});

/** The topic `dataFolder` carries the same as `dataFolder.show`. */
export const DATA_FOLDER_METHODS = {
  'dataFolder.show': method({ input: emptySchema, output: viewSchema, errors: [] }),
  /**
   * Begins to copy everything into a new or empty folder and returns; the topic tells how it goes. Until it has
   * ended nothing else may change.
   */
  'dataFolder.move': method({
    input: z.object({ path: z.string().min(1).max(4096) }),
    output: viewSchema,
    errors: [
      'core.read_only',
      'data_folder.busy',
      'data_folder.disk_full',
      'data_folder.inside',
      'data_folder.moved',
      'data_folder.moving',
      'data_folder.not_absolute',
      'data_folder.not_empty',
      'data_folder.not_writable',
    ],
  }),
  /** Gives the move up; what was copied is removed. */
  'dataFolder.cancelMove': method({ input: emptySchema, output: viewSchema, errors: ['core.read_only'] }),
  /** Deletes for good what a move has left in the folder before. */
  'dataFolder.removePrevious': method({
    input: emptySchema,
    output: viewSchema,
    errors: ['core.read_only', 'data_folder.no_previous', 'data_folder.previous_used'],
  }),
} as const;

export type DataFolderView = z.output<typeof viewSchema>;
export type DataFolderMove = z.output<typeof moveSchema>;
