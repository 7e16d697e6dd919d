import type { Arguments, OptionTable } from './options.ts';
import type { StudioSession } from './studio-session.ts';
import type { Terminal } from './terminal.ts';
import type { Words } from './language.ts';

export type VerbContext = Readonly<{
  args: Arguments;
  terminal: Terminal;
  /** Opens the core on first use: to change things, or to read while another studio holds the data folder. */
  session: StudioSession;
  env: Readonly<Record<string, string | undefined>>;
  /** Calls back on each Ctrl-C, in place of ending the program; returns what takes it off again. */
  onInterrupt: (listener: () => void) => () => void;
}>;

export type VerbResult = Readonly<{
  /** The last JSON line with `--json`. */
  value: unknown;
  exitCode?: number;
}>;

export type Verb = Readonly<{
  /** `dataset import` */
  name: string;
  summary: Words;
  /** What follows the name, e.g. `PATH… [--name NAME]`. */
  usage: string;
  options: OptionTable;
  run: (context: VerbContext) => Promise<VerbResult>;
}>;
