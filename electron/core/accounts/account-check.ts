import type { Account } from '../../shared/contract/methods/accounts.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import { accountCheckResultSchema } from '../../shared/protocol/upload.ts';
import type { DataFolder } from '../data-folder.ts';
import { notFound } from '../db/repositories/require-one.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';
import type { AccountService } from './account-service.ts';

export type AccountCheckDeps = Readonly<{
  accounts: Pick<AccountService, 'list' | 'verified'>;
  supervisor: () => Pick<JobSupervisor, 'start' | 'stop'>;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
}>;

/** Two questions to a hub; a job that waits for the network is not waited for. */
const DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 5000;

/**
 * Asks a hub whose token an account's is, by a job that the token is handed to. Throws `core.not_found`,
 * `accounts.not_verified`, `accounts.token_missing`, `secrets.*` and what the job says.
 */
export async function checkAccount(id: string, deps: AccountCheckDeps): Promise<Account> {
  const { accounts, clock, folder, ids, supervisor } = deps;
  const account = (await accounts.list()).find((one) => one.id === id);
  if (account === undefined) throw notFound('account', id);
  const { hub, label, origin } = account;
  const jobId = ids.next();
  const spec = newJobSpec(
    'account-check',
    { hub, endpoint: origin, tokenOrigin: origin, proxy: null },
    { id: jobId, nowMs: clock.nowMs() },
  );
  const { exited } = await supervisor().start(spec, {
    dir: folder.jobDir(jobId),
    detached: false,
    secrets: { hubToken: { account: id, origin } },
  });
  const late = clock.after(
    DEADLINE_MS,
    () => void supervisor().stop(jobId, { deadlineMs: STOP_DEADLINE_MS }),
  );
  const { job } = await exited;
  late.dispose();
  if (job.state !== 'done') {
    const { code, params, detail } = job.error ?? {
      code: 'accounts.not_verified',
      params: { origin, account: label },
    };
    throw new StudioError(code, params, detail === undefined ? {} : { detail });
  }
  return accounts.verified(id, accountCheckResultSchema.parse(job.result));
}
