import type { Account } from '../shared/contract/methods/accounts.ts';
import type { AccountService } from './accounts/account-service.ts';
import { checkAccount } from './accounts/account-check.ts';
import type { CoreRepositories } from './core-repositories.ts';
import type { DataFolder } from './data-folder.ts';
import type { RunRecord } from './db/repositories/run-repository.ts';
import type { JobLog } from './jobs/job-log.ts';
import type { JobProjector } from './jobs/job-record.ts';
import type { JobSupervisor } from './jobs/job-supervisor.ts';
import type { ModelDigests } from './models/model-digests.ts';
import type { CorePorts } from './ports.ts';
import { createReleaseCards } from './release-cards.ts';
import { createReleaseSources } from './release-sources.ts';
import { ReleaseRunner } from './release/release-runner.ts';
import { ReleaseService } from './release/release-service.ts';
import { createReleasesFeed } from './release/releases-feed.ts';
import type { WholeCheckpoint } from './runs/checkpoint-files.ts';
import type { TopicBoard } from './topics/topic-board.ts';

export type ReleaseServicesDeps = Readonly<{
  ports: CorePorts;
  folder: DataFolder;
  repositories: CoreRepositories;
  board: TopicBoard;
  log: JobLog;
  digests: ModelDigests;
  /** Made after this; asked when something is released. */
  supervisor: () => JobSupervisor;
  accounts: () => AccountService;
  resumable: (run: RunRecord) => readonly WholeCheckpoint[];
}>;

export type ReleaseServices = Readonly<{
  releases: ReleaseService;
  releaseProjector: JobProjector;
  verifyAccount: (id: string) => Promise<Account>;
  disposeReleases: () => Promise<void>;
}>;

/** Releases and the accounts that they go by. */
export function createReleaseServices(deps: ReleaseServicesDeps): ReleaseServices {
  const { accounts, board, digests, folder, log, ports, repositories, resumable, supervisor } = deps;
  const { clock, ids, resourcesDir } = ports;
  const sources = createReleaseSources({
    repositories,
    resumable,
    digests,
    resourcesDir,
    cards: createReleaseCards(deps),
  });
  const base = { releases: repositories.releases, sources, folder, clock, ids };
  const runner = new ReleaseRunner({ ...base, supervisor, log, changed: (id) => feed.note(id) });
  const releases = new ReleaseService({ ...base, runner, accounts: () => accounts().list() });
  const feed = createReleasesFeed(
    { open: () => releases.open(), one: (id) => releases.viewOf(id) },
    board,
    clock,
  );
  return {
    releases,
    releaseProjector: runner.projector(),
    verifyAccount: (id) => checkAccount(id, { accounts: accounts(), supervisor, folder, clock, ids }),
    disposeReleases: async () => {
      await runner.dispose();
      feed.dispose();
    },
  };
}
