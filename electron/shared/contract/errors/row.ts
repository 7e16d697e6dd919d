import type { ErrorTable } from './error-table.ts';
import { ROW_FIELD_ERRORS } from './row-fields.ts';
import { ROW_READING_ERRORS } from './row-reading.ts';
import { ROW_TURN_ERRORS } from './row-turns.ts';

/** Findings about one row of a source; they never stop a job, an import error tells how many there are. */
export const ROW_ERRORS = {
  ...ROW_READING_ERRORS,
  ...ROW_FIELD_ERRORS,
  ...ROW_TURN_ERRORS,
} as const satisfies ErrorTable;
