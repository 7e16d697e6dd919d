import { readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

const demoSchema = z.object({ prompt: z.string(), samplePrompts: z.array(z.string()) });

export type SampleFiles = Readonly<{
  rowsPath: string;
  modelPath: string;
  prompt: string;
  samplePrompts: string[];
}>;

/** What a first run needs, out of the resources that every installation carries. */
export function sampleFiles(resourcesDir: string): SampleFiles {
  const sampleDir = path.join(resourcesDir, 'sample-data');
  const demo = demoSchema.parse(JSON.parse(readFileSync(path.join(sampleDir, 'quickstart.json'), 'utf8')));
  return {
    rowsPath: path.join(sampleDir, 'rows'),
    modelPath: path.join(resourcesDir, 'tiny-model'),
    ...demo,
  };
}
