import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/version.ts';
import type { RunCommand } from '../run-command.ts';

/** What the self-test job reports about an environment. */
export type SelfTestReport = Readonly<{
  python: string;
  packages: Readonly<Record<string, string>>;
  torch: Readonly<{ version: string; cuda: string | null; threads: number; devices: readonly string[] }>;
}>;

export type SelfTestOptions = Readonly<{
  run: RunCommand;
  python: string;
  /** `python-runtime/run.py` */
  entry: string;
  env: Readonly<Record<string, string | undefined>>;
  nowMs: number;
}>;

type Line = Readonly<{ type: string; data: Readonly<{ message?: string; detail?: string | null }> }>;

/** Runs the `self-test` job as every job runs. Throws `runtime.self_test_failed` with the reason. */
export const runSelfTest = async (options: SelfTestOptions): Promise<SelfTestReport> => {
  const dir = mkdtempSync(path.join(tmpdir(), 'legal-eagle-self-test-'));
  try {
    const spec = {
      version: PROTOCOL_VERSION,
      id: randomUUID(),
      kind: 'self-test',
      createdAtMs: options.nowMs,
      nonce: randomUUID(),
      params: {},
    };
    writeFileSync(path.join(dir, 'job.json'), JSON.stringify(spec));
    const result = await options.run(options.python, ['-I', '-X', 'utf8', options.entry, dir], {
      env: options.env,
    });
    const file = path.join(dir, 'events.ndjson');
    const lines = existsSync(file)
      ? readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Line)
      : [];
    const report = lines.find((line) => line.type === 'result');
    if (result.exitCode === 0 && report !== undefined) return report.data as unknown as SelfTestReport;
    const error = lines.find((line) => line.type === 'error');
    const reason = error?.data.message ?? result.startError ?? `exit code ${result.exitCode ?? 'none'}`;
    const detail = `${error?.data.detail ?? ''}\n${result.stderrTail}`.trim();
    throw new StudioError('runtime.self_test_failed', { reason }, { detail });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
