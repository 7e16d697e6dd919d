/**
 * Writes what TypeScript and Python share: `resources/protocol/*.schema.json`, the same schemas as one file inside
 * the Python package, and TypedDicts for them. With `--check` nothing is written and a difference fails.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { EXIT_CODES } from '../shared/protocol/exit-codes.ts';
import { PROTOCOL_SCHEMAS } from '../shared/protocol/schemas.ts';
import { PROTOCOL_VERSION } from '../shared/protocol/version.ts';
import { pythonTypes, type JsonSchema } from './python-types.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Which schemas stand together as Python types; shapes that share parts belong to one file. */
const PYTHON_FILES: Readonly<Record<string, readonly string[]>> = {
  spec_types: ['Recipe', 'Mapping', 'JobSpec'],
  event_types: ['JobEvent'],
  control_types: [
    'Control',
    'Heartbeat',
    'DownloadResult',
    'UploadResult',
    'AccountCheckResult',
    'VisibilityResult',
  ],
  chat_types: ['ChatRequest', 'ChatReply'],
};

const kebab = (name: string): string => name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();

const outputs = (): ReadonlyMap<string, string> => {
  const schemas: Record<string, JsonSchema> = {};
  for (const [name, schema] of Object.entries(PROTOCOL_SCHEMAS)) {
    schemas[name] = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' }) as JsonSchema;
  }
  const files = new Map<string, string>();
  for (const [name, schema] of Object.entries(schemas)) {
    files.set(`resources/protocol/${kebab(name)}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
  }
  const bundle = { version: PROTOCOL_VERSION, exitCodes: EXIT_CODES, schemas };
  files.set('python-runtime/legal_eagle/protocol/schemas.json', `${JSON.stringify(bundle, null, 1)}\n`);
  for (const [file, names] of Object.entries(PYTHON_FILES)) {
    const chosen = Object.fromEntries(Object.entries(schemas).filter(([name]) => names.includes(name)));
    files.set(`python-runtime/legal_eagle/protocol/${file}.py`, pythonTypes(chosen));
  }
  return files;
};

const main = async (): Promise<number> => {
  const check = process.argv.includes('--check');
  let different = 0;
  for (const [name, text] of outputs()) {
    const file = path.join(root, name);
    const current = await readFile(file, 'utf8').catch(() => undefined);
    if (current === text) continue;
    different += 1;
    if (check) {
      process.stderr.write(`${name} differs from electron/shared/protocol: run npm run generate\n`);
    } else {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
      process.stdout.write(`wrote ${name}\n`);
    }
  }
  return check && different > 0 ? 1 : 0;
};

process.exitCode = await main();
