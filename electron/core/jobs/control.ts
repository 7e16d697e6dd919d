import path from 'node:path';

import type { Control, ControlCommand } from '../../shared/protocol/control.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/version.ts';
import { JOB_FILES, writeByRename } from './job-folder.ts';

/** What a command needs besides its name; ids sort by time, so the job obeys in the order of sending. */
export type ControlStamp = Readonly<{ id: string; atMs: number }>;

/**
 * Puts a command into the inbox of a job, whether or not the job is alive. The job answers with the event
 * `control-ack` of the same id. Throws the file system's error.
 */
export function sendControl(jobDir: string, command: ControlCommand, stamp: ControlStamp): Control {
  const message: Control = { version: PROTOCOL_VERSION, id: stamp.id, command, atMs: stamp.atMs };
  writeByRename(path.join(jobDir, JOB_FILES.control, `${stamp.id}.json`), JSON.stringify(message));
  return message;
}
