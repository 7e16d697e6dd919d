import { z } from 'zod';
import { method } from '../define.ts';
import { emptySchema, timeMsSchema } from './common.ts';

/** How a shell ended: by a signal, or else with an exit code. */
const terminalExitSchema = z.object({ signal: z.string().optional(), exitCode: z.int().optional() });

export const terminalSchema = z.object({
  terminalId: z.string(),
  /** Name of the program: `bash`. */
  shell: z.string(),
  folder: z.string(),
  /** Folder of the interpreter that comes first on the path; absent where no runtime stands yet. */
  pythonFolder: z.string().optional(),
  /** What programs call their window: text that is never more than shown. */
  title: z.string().optional(),
  openedAtMs: timeMsSchema,
  columns: z.int(),
  rows: z.int(),
  /** Absent while the shell lives. */
  exit: terminalExitSchema.optional(),
});

const idShape = { terminalId: z.string().min(1).max(100) };
const sizeShape = { columns: z.int().min(2).max(500), rows: z.int().min(1).max(300) };

/** Text of one `terminal.input`; what is longer is sent in pieces. */
export const MOST_INPUT_CHARACTERS = 32_768;

/** A face that may not open terminals, or a machine that cannot, answers each of these with its reason. */
export const TERMINAL_METHODS = {
  /** Starts the person's shell in the data folder or their home, with the runtime's python first on its path. */
  'terminal.open': method({
    input: z.strictObject({ ...sizeShape, folder: z.enum(['data', 'home']).default('data') }),
    output: terminalSchema,
    errors: [
      'core.read_only',
      'terminal.not_allowed',
      'terminal.no_binary',
      'terminal.shell_failed',
      'terminal.too_many',
    ],
  }),
  'terminal.list': method({
    input: emptySchema,
    output: z.object({ items: z.array(terminalSchema) }),
    errors: ['terminal.not_allowed', 'terminal.no_binary'],
  }),
  'terminal.input': method({
    input: z.strictObject({ ...idShape, text: z.string().max(MOST_INPUT_CHARACTERS) }),
    output: emptySchema,
    errors: ['terminal.not_allowed', 'terminal.no_binary', 'terminal.unknown', 'terminal.ended'],
  }),
  'terminal.resize': method({
    input: z.strictObject({ ...idShape, ...sizeShape }),
    output: emptySchema,
    errors: ['terminal.not_allowed', 'terminal.no_binary', 'terminal.unknown'],
  }),
  /** Says that the output up to this place (`through` of an event) is on the screen. */
  'terminal.ack': method({
    input: z.strictObject({ ...idShape, through: z.int().min(0) }),
    output: emptySchema,
    errors: ['terminal.not_allowed', 'terminal.no_binary', 'terminal.unknown'],
  }),
  /** Ends the shell and all that was started in it, and forgets the terminal. */
  'terminal.close': method({
    input: z.strictObject(idShape),
    output: emptySchema,
    errors: ['terminal.not_allowed', 'terminal.no_binary', 'terminal.unknown'],
  }),
} as const;

export type TerminalView = z.output<typeof terminalSchema>;
export type TerminalExit = z.output<typeof terminalExitSchema>;
