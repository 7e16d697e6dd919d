/** The command line: `legal-eagle <verb> … [--json]`. */
import { describeError } from '../shared/contract/errors/index.ts';
import { StudioError, toErrorBody } from '../shared/contract/studio-error.ts';
import { overview, usageOf, verbHelp } from './help.ts';
import { terminalLanguage } from './language.ts';
import { readArguments } from './options.ts';
import { StudioSession } from './studio-session.ts';
import { Terminal } from './terminal.ts';
import type { Verb } from './verb.ts';
import { card } from './verbs/card.ts';
import { ACCOUNT_VERBS } from './verbs/account.ts';
import { chat } from './verbs/chat.ts';
import { datasetImport, datasetList, datasetShow } from './verbs/dataset.ts';
import { doctor } from './verbs/doctor.ts';
import { exportVerb } from './verbs/export.ts';
import { merge } from './verbs/merge.ts';
import { releaseCheck } from './verbs/release-check.ts';
import { modelDownload } from './verbs/model-download.ts';
import { modelConvert } from './verbs/model-convert.ts';
import { modelAdd, modelList, modelScan, modelShow } from './verbs/model.ts';
import { preflight } from './verbs/preflight.ts';
import { quickstart } from './verbs/quickstart.ts';
import { recipeImport, recipeList } from './verbs/recipe.ts';
import { RELEASE_VERBS } from './verbs/release.ts';
import { releasePublish } from './verbs/release-publish.ts';
import { REMOVAL_VERBS } from './verbs/removal.ts';
import { runsAdopt, runsExport, runsList, runsReport, runsResume, runsShow, runsStop } from './verbs/runs.ts';
import { installProgressText, runtimeInstall, runtimeStatus } from './verbs/runtime.ts';
import { serve } from './verbs/serve.ts';
import { settingsGrant, settingsMove, settingsRevoke, settingsShow } from './verbs/settings.ts';
import { train } from './verbs/train.ts';
import { verifyEvidence } from './verbs/verify-evidence.ts';

const VERBS: readonly Verb[] = [
  quickstart,
  doctor,
  runtimeInstall,
  runtimeStatus,
  datasetImport,
  datasetList,
  datasetShow,
  modelAdd,
  modelConvert,
  modelList,
  modelShow,
  modelScan,
  modelDownload,
  recipeImport,
  recipeList,
  preflight,
  train,
  runsList,
  runsShow,
  runsStop,
  runsResume,
  runsExport,
  runsReport,
  runsAdopt,
  ...REMOVAL_VERBS,
  merge,
  exportVerb,
  card,
  verifyEvidence,
  releaseCheck,
  ...RELEASE_VERBS,
  releasePublish,
  ...ACCOUNT_VERBS,
  chat,
  settingsShow,
  settingsGrant,
  settingsRevoke,
  settingsMove,
  serve,
];

/** The verb that the words name (one or two of them), and what follows it. */
const findVerb = (argv: readonly string[]): Readonly<{ verb: Verb; rest: readonly string[] }> | undefined => {
  for (const words of [2, 1]) {
    const verb = VERBS.find((one) => one.name === argv.slice(0, words).join(' '));
    if (verb !== undefined) return { verb, rest: argv.slice(words) };
  }
  return undefined;
};

const KEEP_ALIVE_MS = 60_000;

const interrupts = (): ((listener: () => void) => () => void) => (listener) => {
  process.on('SIGINT', listener);
  return () => process.off('SIGINT', listener);
};

const main = async (argv: readonly string[]): Promise<number> => {
  const language = terminalLanguage(process.env);
  const json = argv.includes('--json');
  const terminal = new Terminal(
    language,
    json,
    {
      write: (text) => process.stdout.write(text),
      isTTY: process.stdout.isTTY,
      columns: process.stdout.columns,
    },
    {
      write: (text) => process.stderr.write(text),
      isTTY: process.stderr.isTTY,
      columns: process.stderr.columns,
    },
    () => performance.now(),
  );
  let session: StudioSession | undefined;
  // The core's own timers do not keep a process alive; a verb that waits for a runner needs one that does.
  const alive = setInterval(() => undefined, KEEP_ALIVE_MS);
  try {
    const found = findVerb(argv);
    if (found === undefined) {
      const asked = argv.filter((one) => !one.startsWith('-')).join(' ');
      if (asked === '' && (argv.length === 0 || argv.includes('--help'))) {
        terminal.say(overview(VERBS, language));
        return 0;
      }
      const known = VERBS.map((verb) => verb.name).join(', ');
      throw new StudioError('cli.unknown_verb', { verb: asked === '' ? argv.join(' ') : asked, known });
    }
    const { verb, rest } = found;
    const args = readArguments(rest, verb.options, usageOf(verb));
    if (args.flag('help')) {
      terminal.say(verbHelp(verb, language));
      if (json) terminal.emit({ usage: usageOf(verb), summary: verb.summary[language] });
      return 0;
    }
    session = new StudioSession({
      env: process.env,
      home: args.text('home'),
      command: verb.name,
      mayInstall: !args.flag('no-install'),
      onInstallProgress: (progress) => terminal.progress(installProgressText(progress, terminal)),
    });
    const result = await verb.run({ args, terminal, session, env: process.env, onInterrupt: interrupts() });
    if (json) terminal.emit(result.value);
    return result.exitCode ?? 0;
  } catch (error) {
    const body = toErrorBody(error);
    const text = describeError(body, language);
    terminal.warn(`${text.message}\n${text.cause}\n→ ${text.action}`);
    if (body.detail !== undefined) terminal.warn(body.detail);
    if (json) {
      const { code, message, action, cause } = text;
      terminal.emit({ error: { code, message, cause, action, params: body.params } });
    }
    return 1;
  } finally {
    await session?.dispose();
    clearInterval(alive);
  }
};

process.exitCode = await main(process.argv.slice(2));
