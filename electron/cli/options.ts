import { parseArgs } from 'node:util';

import { StudioError } from '../shared/contract/studio-error.ts';
import type { Words } from './language.ts';

export type OptionSpec = Readonly<{
  kind: 'flag' | 'text' | 'number' | 'list';
  /** What stands for the value in the help, e.g. `FILE`. */
  value?: string;
  help: Words;
}>;

export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** Options every verb takes. */
export const COMMON_OPTIONS = {
  json: {
    kind: 'flag',
    help: { en: 'end with one JSON object on standard output', zh: '最后一行输出一个 JSON 对象' },
  },
  help: { kind: 'flag', help: { en: 'show this help', zh: '显示帮助' } },
  home: {
    kind: 'text',
    value: 'DIR',
    help: { en: 'data folder (default: LEGAL_EAGLE_HOME)', zh: '数据目录（默认取 LEGAL_EAGLE_HOME）' },
  },
  'no-install': {
    kind: 'flag',
    help: { en: 'fail instead of making the Python environment', zh: '缺少 Python 环境时报错而不是创建' },
  },
} as const satisfies OptionTable;

/** What was typed after a verb, read through its option table. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly #usage: string;

  constructor(
    positionals: readonly string[],
    values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
    usage: string,
  ) {
    this.positionals = positionals;
    this.#values = values;
    this.#usage = usage;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value))
      throw this.invalid(`--${name}: “${text}” is not a number`);
    return value;
  }

  /** The value of an option that allows these words only. */
  choice<const T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = allowed.find((one) => one === text);
    if (found === undefined) throw this.invalid(`--${name}: “${text}” is not one of ${allowed.join(', ')}`);
    return found;
  }

  /** The positional at `index`, which the verb cannot do without. */
  required(index: number, name: string): string {
    const value = this.positionals[index];
    if (value === undefined) throw this.invalid(`${name} is missing`);
    return value;
  }

  invalid(reason: string): StudioError {
    return new StudioError('cli.invalid_arguments', { reason, usage: this.#usage });
  }
}

/** Parses what follows the verb. Throws `cli.invalid_arguments` for an unknown option or a missing value. */
export const readArguments = (argv: readonly string[], table: OptionTable, usage: string): Arguments => {
  const every: OptionTable = { ...COMMON_OPTIONS, ...table };
  const options = Object.fromEntries(
    Object.entries(every).map(([name, spec]) => [
      name,
      {
        type: spec.kind === 'flag' ? ('boolean' as const) : ('string' as const),
        multiple: spec.kind === 'list',
      },
    ]),
  );
  try {
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    return new Arguments(
      parsed.positionals,
      parsed.values as Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
      usage,
    );
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new StudioError('cli.invalid_arguments', { reason, usage });
  }
};
