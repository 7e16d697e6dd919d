import { readFileSync } from 'node:fs';
import path from 'node:path';

import { memorisationResultSchema, type MemorisationResult } from '../../shared/protocol/memorisation.ts';

/** Where a run keeps the result of its newest memorisation check. */
export function memorisationFile(runDir: string): string {
  return path.join(runDir, 'memorisation.json');
}

/** Undefined where no check has ended, and for a file that is not one of ours: a check is soon made again. */
export function readMemorisation(runDir: string): MemorisationResult | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(memorisationFile(runDir), 'utf8'));
    return memorisationResultSchema.safeParse(value).data;
  } catch {
    return undefined;
  }
}
