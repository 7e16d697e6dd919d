import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import path from 'node:path';

import { z } from 'zod';

import type { DigestState } from '../shared/contract/methods/models.ts';
import type { CardLanguage, CardMachine, CardRecord } from '../shared/domain/card/card-record.ts';
import type { Evidence } from '../shared/domain/card/evidence.ts';
import { renderCard, type RenderedCard } from '../shared/domain/card/render-card.ts';
import type { Hub } from '../shared/domain/hub-endpoints.ts';
import type { CoreRepositories } from './core-repositories.ts';
import type { RunRecord } from './db/repositories/run-repository.ts';
import { queryMetrics } from './metrics/metric-service.ts';
import type { ModelDigests } from './models/model-digests.ts';
import { readCatalogue } from './models/read-catalogue.ts';
import { readLicence } from './models/read-licence.ts';
import type { CorePorts } from './ports.ts';
import { cardFiles, type CardFile } from './release/card-files.ts';
import { gatherCard, type CardChoices, type CardSource } from './release/gather-card.ts';
import { makeEvidence } from './release/make-evidence.ts';
import { lossPicture, PICTURE_POINTS, PICTURE_SMOOTHING } from './release/loss-picture.ts';
import { readProvenance } from './release/read-provenance.ts';
import { readRunFile } from './runs/run-folder.ts';

export type CardMakerDeps = Readonly<{
  ports: Pick<CorePorts, 'home' | 'resourcesDir' | 'runScript' | 'version'>;
  repositories: CoreRepositories;
  digests: Pick<ModelDigests, 'state'>;
}>;

export type CardWish = Readonly<{ hub: Hub; language: CardLanguage; madeAtMs: number }>;

export type MadeCard = RenderedCard &
  Readonly<{
    record: CardRecord;
    /** Besides the README. */
    files: readonly CardFile[];
    /** `evidence.json` over the files of the repository. */
    evidence: (files: Evidence['files']) => string;
  }>;

/** Packages whose versions decide what a run computes. */
const NAMED_PACKAGES: ReadonlySet<string> = new Set([
  'torch',
  'transformers',
  'peft',
  'tokenizers',
  'safetensors',
  'bitsandbytes',
  'accelerate',
]);

/** Where cards meet runs, datasets and models. `folder` is where the released weights lie. */
export function createCardMaker({
  digests,
  ports,
  repositories,
}: CardMakerDeps): (
  source: CardSource & Readonly<{ folder: string }>,
  choices: CardChoices,
  wish: CardWish,
) => Promise<MadeCard> {
  const { datasets, jobs, metrics, models, samples } = repositories;

  const pictureOf = async (run: RunRecord, lastStep: number): Promise<Uint8Array | undefined> => {
    const shape = { from: 0, to: lastStep, maxPoints: PICTURE_POINTS };
    const [[loss], [evalLoss]] = await Promise.all([
      queryMetrics(metrics, run.id, { ...shape, keys: ['loss'], smoothing: PICTURE_SMOOTHING }),
      queryMetrics(metrics, run.id, { ...shape, keys: ['evalLoss'], smoothing: 0 }),
    ]);
    return lossPicture({ loss, evalLoss, lastStep });
  };

  return async (source, choices, wish) => {
    const { folder, run } = source;
    const weightsRecord = weightsRecordIn(folder);
    const lock = lockOf(run, path.join(path.dirname(ports.runScript), 'requirements'));
    const base = models.byPath(run.modelPath);
    const picture = await pictureOf(run, source.step ?? run.step);
    const files = cardFiles({ ...wish, part: source.part, baseFolder: run.modelPath, picture });
    const record = gatherCard(source, choices, {
      metrics,
      samples: (id) => samples.ofRun(id),
      dataset: (id) => datasets.byId(id),
      provenance: readProvenance,
      modelAt: (place) => models.byPath(place),
      licenceIn: (place) => (existsSync(place) ? readLicence(place) : undefined),
      catalogue: readCatalogue(ports.resourcesDir),
      started: ({ jobId }) => {
        const [first] = jobId === undefined ? [] : jobs.eventsAfter(jobId, 0, 1);
        return first?.type === 'started'
          ? (first.data as { platform?: unknown; python?: unknown })
          : undefined;
      },
      packages: () => lock?.packages ?? [],
      weightsRecord,
      hasPicture: files.some((file) => file.path.endsWith('.png')),
      hasLicenceFile: files.some((file) => file.path === 'LICENSE'),
      folderOf: (place) => path.dirname(place),
      studioVersion: ports.version,
      madeAtMs: wish.madeAtMs,
    });
    const known = {
      paths: [ports.home, folder, run.dir, run.modelPath, run.datasetPath, homedir()],
      names: [userInfo().username, hostname()],
    };
    return {
      ...renderCard(record, { ...wish, known }),
      record,
      files,
      evidence: (released) =>
        makeEvidence({
          record,
          files: released,
          baseFiles: base === undefined ? [] : knownFiles(digests.state(base)),
          checkpoints: repositories.checkpoints.ofRun(run.id),
          weightsRecord,
          lockSha256: lock?.sha256,
          known,
        }),
    };
  };
}

/** Files of a base whose digests are known; a base that nobody has hashed is told by its fingerprint alone. */
const knownFiles = ({ files }: DigestState): Evidence['base']['files'] =>
  files.flatMap(({ bytes, name, sha256 }) => (sha256 === undefined ? [] : [{ path: name, bytes, sha256 }]));

/** `legal_eagle.json` beside weights of ours; undefined where there is none. */
function weightsRecordIn(folder: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = readFileSync(path.join(folder, 'legal_eagle.json'), 'utf8');
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

type Lock = Readonly<{ sha256: string; packages: CardMachine['packages'] }>;

/** The lock that the run's environment was made from; undefined where it is no longer here. */
function lockOf(run: RunRecord, requirements: string): Lock | undefined {
  try {
    const [, digest = ''] = /-([0-9a-f]{12,64})$/u.exec(readRunFile(run.dir).environment ?? '') ?? [];
    if (digest === '') return undefined;
    for (const name of readdirSync(requirements).filter((one) => one.endsWith('.lock'))) {
      const text = readFileSync(path.join(requirements, name), 'utf8');
      const sha256 = createHash('sha256').update(text).digest('hex');
      if (!sha256.startsWith(digest)) continue;
      const packages = [...text.matchAll(/^([a-z0-9][a-z0-9._-]*)==(\S+)/gmu)]
        .map(([, pin = '', version = '']) => ({ name: pin, version }))
        .filter((pin) => NAMED_PACKAGES.has(pin.name));
      return { sha256, packages };
    }
  } catch {
    // A run folder of another machine names an environment that nobody here has.
  }
  return undefined;
}
