import { createHash } from 'node:crypto';

import type { CheckpointRecord } from '../db/repositories/checkpoint-repository.ts';
import type { CardRecord } from '../../shared/domain/card/card-record.ts';
import { recordWithoutPrivate, type PrivateKnown } from '../../shared/domain/card/privacy-filter.ts';
import { canonicalJson, type Evidence, type UnsealedEvidence } from '../../shared/domain/card/evidence.ts';
import { textOf } from './recorded-values.ts';

export type EvidenceSources = Readonly<{
  record: CardRecord;
  /** Every file of the repository but the evidence and the list of sums. */
  files: Evidence['files'];
  /** Of the base, as far as they are known. */
  baseFiles: Evidence['base']['files'];
  checkpoints: readonly Pick<CheckpointRecord, 'step' | 'bytes' | 'manifestSha256'>[];
  /** `legal_eagle.json` beside the weights. */
  weightsRecord: Readonly<Record<string, unknown>> | undefined;
  lockSha256: string | undefined;
  known: PrivateKnown;
}>;

/** What a release was made of, sealed; its text is what `evidence.json` holds. */
export function makeEvidence(sources: EvidenceSources): string {
  const { baseFiles, checkpoints, files, lockSha256, record, weightsRecord } = sources;
  const { base, training } = record;
  const fingerprint = weightsRecord?.['base'];
  const evidence: UnsealedEvidence = {
    version: 1,
    studioVersion: record.studioVersion,
    madeAtMs: record.madeAtMs,
    part: record.part,
    run: { id: training.runId, step: training.step, planHash: training.plan?.planHash ?? null },
    data: record.datasets.map(({ contentHash, name, sources: from }) => ({
      name,
      rowsSha256: contentHash ?? null,
      sources: from.map(({ bytes, file, sha256 }) => ({ file, bytes, sha256 })),
    })),
    base: {
      name: base.name,
      repositories: { ...base.ids },
      revision: base.revision ?? null,
      fingerprint:
        typeof fingerprint === 'object' && fingerprint !== null && 'fingerprint' in fingerprint
          ? (textOf(fingerprint.fingerprint) ?? null)
          : null,
      files: [...baseFiles],
    },
    recipe: publicRecipe(record),
    environment: {
      python: training.machine.python ?? null,
      platform: training.machine.platform ?? null,
      lockSha256: lockSha256 ?? null,
      packages: Object.fromEntries(training.machine.packages.map(({ name, version }) => [name, version])),
    },
    checkpoints: checkpoints.map(({ bytes, manifestSha256, step }) => ({ step, bytes, manifestSha256 })),
    evaluation: {
      evalLoss: training.evalLoss.released ?? null,
      baseEvalLoss: training.evalLoss.base ?? null,
      results: record.evaluations.map(({ dataset, metric, value }) => ({ dataset, metric, value })),
    },
    files: [...files],
  };
  const { value: clean } = recordWithoutPrivate(evidence, sources.known, '[removed]');
  const seal = sealOf(clean);
  return `${JSON.stringify({ ...clean, seal }, undefined, 2)}\n`;
}

/** SHA-256 of the canonical text. */
export const sealOf = (evidence: UnsealedEvidence): string =>
  createHash('sha256').update(canonicalJson(evidence)).digest('hex');

/** Where base and data lie on this machine is no evidence; what they are stands beside. */
function publicRecipe({ base, datasets, training }: CardRecord): Record<string, unknown> {
  const { lora, ...recipe } = training.recipe;
  return {
    ...recipe,
    model: base.name,
    dataset: datasets[0]?.name ?? 'dataset',
    lora: { ...lora, continueFrom: lora.continueFrom === null ? null : 'adapter' },
  };
}
