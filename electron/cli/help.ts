import type { ErrorLanguage } from '../shared/contract/errors/index.ts';
import { COMMON_OPTIONS, type OptionSpec } from './options.ts';
import type { Verb } from './verb.ts';

const NAME_COLUMNS = 28;

export const usageOf = (verb: Verb): string => `legal-eagle ${verb.name} ${verb.usage}`.trim();

/** The list of all verbs. */
export const overview = (verbs: readonly Verb[], language: ErrorLanguage): string =>
  [
    language === 'zh'
      ? '用法：legal-eagle <命令> … [--json] [--help]'
      : 'Usage: legal-eagle <command> … [--json] [--help]',
    '',
    ...verbs.map((verb) => `  ${verb.name.padEnd(NAME_COLUMNS)}${verb.summary[language]}`),
    '',
    language === 'zh'
      ? '源码目录中以 npm run -s studio -- <命令> 运行。退出码：0 成功，10 按要求停止，其余为失败。'
      : 'From a checkout: npm run -s studio -- <command>. Exit codes: 0 done, 10 stopped as asked, others failed.',
  ].join('\n');

/** One verb's options. */
export const verbHelp = (verb: Verb, language: ErrorLanguage): string =>
  [
    usageOf(verb),
    verb.summary[language],
    '',
    ...Object.entries<OptionSpec>({ ...verb.options, ...COMMON_OPTIONS }).map(([name, spec]) => {
      const value = spec.value === undefined ? '' : ` ${spec.value}`;
      return `  ${`--${name}${value}`.padEnd(NAME_COLUMNS)}${spec.help[language]}`;
    }),
  ].join('\n');
