import { randomBytes } from 'node:crypto';

import type { JobKind, JobParams, JobSpec } from '../shared/protocol/job-spec.ts';
import { PROTOCOL_VERSION } from '../shared/protocol/version.ts';

const NONCE_BYTES = 16;

/** A spec for a job of one kind. The nonce is new each time: the heartbeat repeats it, which tells jobs apart. */
export function newJobSpec<Kind extends JobKind>(
  kind: Kind,
  params: JobParams<Kind>,
  stamp: Readonly<{ id: string; nowMs: number }>,
): JobSpec {
  return {
    version: PROTOCOL_VERSION,
    id: stamp.id,
    kind,
    createdAtMs: stamp.nowMs,
    nonce: randomBytes(NONCE_BYTES).toString('hex'),
    params,
  } as unknown as JobSpec;
}
