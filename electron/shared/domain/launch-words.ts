/** What stands above and below the lines for several machines; the form and the command line say the same. */
export const LAUNCH_WORDS = {
  before: {
    en: 'Nothing was started. Run on each machine, within five minutes:',
    zh: '没有启动任何训练。请在五分钟内到每台机器上分别运行：',
  },
  after: {
    en: 'All need the same base, dataset, recipe and engine under these paths; {first} keeps the run folder, which `legal-eagle runs adopt` takes over.',
    zh: '每台机器都需要在这些路径下有相同的基座模型、数据集、训练方案和引擎；训练目录保存在 {first} 上，可用 `legal-eagle runs adopt` 接管。',
  },
} as const;

/** {@link LAUNCH_WORDS} `after` for a list of machines. */
export const launchNeeds = (language: 'en' | 'zh', hosts: readonly string[]): string =>
  LAUNCH_WORDS.after[language].replace('{first}', () => hosts[0] ?? '');
