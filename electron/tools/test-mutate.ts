/**
 * `npm run test:mutate`: takes each protection out of a copy of the tree and runs the test that must fail then. First
 * the same tests run once with every protection in place. Ends with `N protections, N caught`; fails where one was
 * missed. `--only <text>` tries those whose name or test holds the text.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { developmentPython, repositoryRoot } from './dev-environment.ts';
import { createMutatedCopy, type MutatedCopy } from './mutated-copy.ts';
import type { Mutation } from './mutation.ts';
import { DESKTOP_MUTATIONS } from './mutations-desktop.ts';
import { SERVER_MUTATIONS } from './mutations-server.ts';
import { nodeModule } from './run-steps.ts';
import { buildRenderer } from './renderer-build.ts';

/** For one test; some wait for what never comes once their protection is gone. */
const TEST_TIMEOUT_MS = 60_000;
const HOOK_TIMEOUT_MS = 180_000;
/** For a whole run of vitest. */
const RUN_PATIENCE_MS = 400_000;
const MOST_COPIES = 2;

type TestResult = Readonly<{ fullName: string; status: string; failureMessages: readonly string[] }>;
type Verdict = Readonly<{ caught: boolean; why: string }>;

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`);

/** The tests of a file whose names hold one of the texts, run in a copy of the tree; those that were skipped are left out. */
async function runTests(
  root: string,
  test: string,
  names: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly TestResult[] | string> {
  // As vitest.config.ts says.
  const report = path.join(root, 'test-results', 'vitest.json');
  rmSync(report, { force: true });
  const child = spawn(
    process.execPath,
    [
      ...nodeModule('vitest/vitest.mjs'),
      'run',
      test,
      '-t',
      names.map(escaped).join('|'),
      '--reporter=json',
      `--testTimeout=${String(TEST_TIMEOUT_MS)}`,
      `--hookTimeout=${String(HOOK_TIMEOUT_MS)}`,
      // A second attempt would only cost time: what is wanted here is the failure.
      '--retry=0',
    ],
    { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const patience = setTimeout(() => child.kill('SIGTERM'), RUN_PATIENCE_MS);
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(patience);
  if (!existsSync(report)) return `no report: ${output.slice(-2000)}`;
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: readonly Readonly<{ message: string; assertionResults: readonly TestResult[] }>[];
  };
  const ran = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed' || status === 'failed');
  if (ran.length > 0) return ran;
  return `no test ran: ${testResults.map(({ message }) => message).join('; ')} ${output.slice(-2000)}`;
}

/** Every test passes with the protections in place, and each name is that of one. */
function judgeControl(results: readonly TestResult[] | string, names: readonly string[]): Verdict {
  if (typeof results === 'string') return { caught: false, why: results };
  const failed = results.find(({ status }) => status === 'failed');
  if (failed !== undefined)
    return { caught: false, why: `${failed.fullName}: ${failed.failureMessages.join('\n').slice(0, 1000)}` };
  const unknown = names.filter((name) => !results.some(({ fullName }) => fullName.includes(name)));
  return { caught: unknown.length === 0, why: `no test is called ${unknown.join(', ')}` };
}

/** An `expect`, one that waits, one of a promise that should be refused, one of a property. */
const ASSERTION =
  /AssertionError|Matcher did not succeed in time|__VITEST_POLL_CHAIN__|__VITEST_REJECTS__|Property failed after/u;
/** Of vitest, and of the driver of pages. */
const TIME_LIMIT = /Test timed out in|Timeout \d+ms exceeded/u;

function judge(results: readonly TestResult[] | string, fails: Mutation['fails']): Verdict {
  if (typeof results === 'string') return { caught: false, why: results };
  const messages = results
    .filter(({ status }) => status === 'failed')
    .map(({ failureMessages }) => failureMessages.join('\n'));
  if (messages.length === 0) return { caught: false, why: 'the test passes without it' };
  const isProof = (message: string): boolean =>
    ASSERTION.test(message) || (fails === 'time limit' && TIME_LIMIT.test(message));
  const [first = ''] = messages;
  return messages.some(isProof)
    ? { caught: true, why: '' }
    : { caught: false, why: `the test broke instead of failing: ${first.slice(0, 1000)}` };
}

/** Works on the items with one worker a copy, in their order. */
async function withCopies<Item>(
  copies: readonly MutatedCopy[],
  items: readonly Item[],
  work: (copy: MutatedCopy, item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    copies.map(async (copy) => {
      for (let at = next++; at < items.length; at = next++) {
        const item = items[at];
        if (item !== undefined) await work(copy, item);
      }
    }),
  );
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const since = (startedAt: number): string => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;

async function main(): Promise<number> {
  const onlyAt = process.argv.indexOf('--only');
  const only = onlyAt < 0 ? '' : (process.argv[onlyAt + 1] ?? '');
  const mutations = [...DESKTOP_MUTATIONS, ...SERVER_MUTATIONS].filter(
    ({ protection, test }) => protection.includes(only) || test.includes(only),
  );
  const startedAt = performance.now();
  const env = {
    ...process.env,
    LEGAL_EAGLE_TEST_PYTHON: await developmentPython(),
    LEGAL_EAGLE_TEST_DEPTH: 'short',
    LEGAL_EAGLE_SHARED: process.env['LEGAL_EAGLE_SHARED'] ?? path.resolve(repositoryRoot, '../shared'),
  };
  await buildRenderer({ onlyIfStale: true });
  const copies: MutatedCopy[] = [];
  const problems: string[] = [];
  let caught = 0;
  try {
    const width = Math.min(MOST_COPIES, availableParallelism());
    while (copies.length < width) copies.push(createMutatedCopy());

    const files = [...new Set(mutations.map(({ test }) => test))];
    await withCopies(copies, files, async (copy, test) => {
      const began = performance.now();
      const names = [...new Set(mutations.filter((one) => one.test === test).map(({ name }) => name))];
      const { caught: passes, why } = judgeControl(await runTests(copy.root, test, names, env), names);
      say(`${passes ? 'passes ' : 'BROKEN '} ${test} with every protection (${since(began)})`);
      if (!passes) problems.push(`${test}: ${why}`);
    });

    if (problems.length === 0)
      await withCopies(copies, mutations, async (copy, mutation) => {
        const began = performance.now();
        let verdict: Verdict;
        try {
          copy.apply(mutation.edits);
          verdict = judge(await runTests(copy.root, mutation.test, [mutation.name], env), mutation.fails);
        } catch (error) {
          verdict = { caught: false, why: String(error) };
        } finally {
          copy.restore();
        }
        if (verdict.caught) caught += 1;
        else problems.push(`${mutation.protection}: ${verdict.why}`);
        say(`${verdict.caught ? 'caught ' : 'MISSED '} ${mutation.protection} (${since(began)})`);
      });
  } finally {
    for (const copy of copies) copy.dispose();
  }
  for (const problem of problems) process.stderr.write(`\n── ${problem}\n`);
  say(`in ${since(startedAt)}`);
  say(`${String(mutations.length)} protections, ${String(caught)} caught`);
  return mutations.length > 0 && caught === mutations.length ? 0 : 1;
}

process.exitCode = await main();
