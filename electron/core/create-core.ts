import { setTimeout as delay } from 'node:timers/promises';

import type Database from 'better-sqlite3';

import type { Contract, HandlersFor } from '../shared/contract/define.ts';
import type { Disposable } from '../shared/contract/disposable.ts';
import { STUDIO_CONTRACT, type StudioContract } from '../shared/contract/index.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import type { TopicSource } from '../shared/contract/topic-source.ts';
import { createHandlers } from './core-handlers.ts';
import { createServices } from './core-services.ts';
import { dataFolder } from './data-folder.ts';
import { forgetMovedAway } from './data-move/moved-away.ts';
import { lockDataFolder } from './db/core-lock.ts';
import { MIGRATIONS } from './db/migrations/index.ts';
import { openDatabase, openDatabaseReadOnly } from './db/open.ts';
import { removeMoveMarker } from './home-pointer.ts';
import { createLog } from './log/create-log.ts';
import { createRedactor } from './log/redactor.ts';
import type { CorePorts } from './ports.ts';
import { reconcile } from './reconcile.ts';
import { keepTrashMs } from './storage-handlers.ts';

export type CoreOptions = Readonly<{
  /**
   * `write` refuses while another core holds the data folder. `read` then opens the database for reading only,
   * and every method that would change something answers `core.read_only`.
   */
  mode: 'read' | 'write';
  /**
   * Whether waiting runs start by themselves while this core lives. For a face that stays open; a single command
   * that ended soon after would have started a run that nobody asked for at that moment.
   */
  startsQueue?: boolean;
}>;

export type Core = Readonly<{
  handlers: HandlersFor<StudioContract>;
  events: TopicSource;
  /** Tells the core's log of a failure that has no code. */
  onDefect: (error: unknown, method: string) => void;
  /** Tells the core's log of what was refused and no page of ours asks for; each code once. */
  onRefused: (code: string) => void;
  nowMs: () => number;
  readOnly: boolean;
  dispose(): Promise<void>;
}>;

/** A command that lists or shows something holds the folder for less than this. */
const LOCK_PATIENCE_MS = 2000;
const LOCK_PAUSE_MS = 100;

type Opened = Readonly<{ db: Database.Database; lock: Disposable | undefined; owner: string | undefined }>;

/**
 * The composition root. Throws `core.data_folder_in_use`, `core.database_newer`, `core.migration_failed`,
 * `core.database_unreadable`.
 */
export async function createCore(ports: CorePorts, options: CoreOptions): Promise<Core> {
  const folder = dataFolder(ports.home);
  const { db, lock, owner } = await open(ports, options.mode);
  const redactor = createRedactor();
  const log = createLog(folder.logFile, redactor);
  const readOnly = lock === undefined;
  const services = createServices(db, ports, log.logger, { readOnly, redactor });
  const handlers = createHandlers({ ports, services, startedAtMs: ports.clock.nowMs(), readOnly });
  if (!readOnly) {
    // Whatever changes now is in no copy that a move has made.
    forgetMovedAway(ports.home);
    removeMoveMarker(ports.home);
    reconcile(services.repositories);
    services.trash.reconcile();
    services.supervisor.recover();
    services.chats.sweep();
    services.queue.reconcile();
    void ports.environments.sweep().catch((error: unknown) => {
      log.logger.warn({ err: error }, 'an environment could not be deleted');
    });
    void services.trash.deleteOld(ports.clock.nowMs() - keepTrashMs(services.settings));
    if (options.startsQueue === true) services.queue.start();
  }
  let disposing: Promise<void> | undefined;
  const refusedCodes = new Set<string>();
  return {
    handlers: refuseChanges(STUDIO_CONTRACT, handlers, () =>
      readOnly ? new StudioError('core.read_only', { owner: owner ?? '' }) : services.mover.refusal(),
    ),
    events: services.board,
    onDefect: (error, method) => log.logger.error({ err: error, method }, 'a method failed without a code'),
    onRefused: (code) => {
      if (refusedCodes.has(code)) return;
      refusedCodes.add(code);
      log.logger.warn({ code }, 'refused; further ones with this code are not noted');
    },
    nowMs: () => ports.clock.nowMs(),
    readOnly,
    dispose: () => {
      disposing ??= (async () => {
        await services.dispose();
        db.close();
        lock?.dispose();
        log.close();
      })();
      return disposing;
    },
  };
}

async function open(ports: CorePorts, mode: CoreOptions['mode']): Promise<Opened> {
  const { databaseFile } = dataFolder(ports.home);
  let lock: Disposable;
  try {
    lock = await takeLock(ports, mode === 'write' ? LOCK_PATIENCE_MS : 0);
  } catch (error) {
    if (!isInUse(error) || mode === 'write') throw error;
    const owner = typeof error.params['owner'] === 'string' ? error.params['owner'] : undefined;
    return { db: openDatabaseReadOnly(databaseFile, { migrations: MIGRATIONS }), lock: undefined, owner };
  }
  try {
    return {
      db: await openDatabase(databaseFile, { migrations: MIGRATIONS, nowMs: () => ports.clock.nowMs() }),
      lock,
      owner: undefined,
    };
  } catch (error) {
    lock.dispose();
    throw error;
  }
}

/** A core that writes waits out one that only reads; a studio that stays open is refused all the same. */
async function takeLock(ports: CorePorts, patienceMs: number): Promise<Disposable> {
  const giveUpAtMs = ports.clock.nowMs() + patienceMs;
  for (;;) {
    try {
      return await lockDataFolder(ports.home, ports.platform, ports.command);
    } catch (error) {
      if (!isInUse(error) || ports.clock.nowMs() >= giveUpAtMs) throw error;
      await delay(LOCK_PAUSE_MS);
    }
  }
}

function isInUse(error: unknown): error is StudioError {
  return error instanceof StudioError && error.code === 'core.data_folder_in_use';
}

/** Ends what holds the others up. */
const ALWAYS_ALLOWED: ReadonlySet<string> = new Set(['dataFolder.cancelMove']);

/** A method that changes something names `core.read_only` among its errors; those, and only those, can be refused. */
function refuseChanges<C extends Contract>(
  contract: C,
  handlers: HandlersFor<C>,
  refusal: () => StudioError | undefined,
): HandlersFor<C> {
  const entries = Object.entries(contract).map(([name, definition]) => {
    const handler = handlers[name] as (input: unknown) => unknown;
    if (!definition.errors.includes('core.read_only') || ALWAYS_ALLOWED.has(name)) return [name, handler];
    return [
      name,
      (input: unknown): unknown => {
        const refused = refusal();
        if (refused !== undefined) throw refused;
        return handler(input);
      },
    ];
  });
  return Object.fromEntries(entries) as HandlersFor<C>;
}
