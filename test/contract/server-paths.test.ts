import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { Dispatcher } from '../../electron/rpc/dispatcher.ts';
import { grantRoots } from '../../electron/gate/granted-roots.ts';
import { guardPaths } from '../../electron/gate/path-guard.ts';
import { STUDIO_CONTRACT } from '../../electron/shared/contract/index.ts';
import { ServerHarness } from './server-harness.ts';

/** Text that a method looks up, shows, learns or sends on, and never opens as a file. */
const NO_PLACES = new Set([
  'title',
  'url',
  'kinds[].name',
  'kinds[].extensions[]',
  'name',
  'note',
  'tags[]',
  'search',
  'code',
  'types[]',
  'keys[]',
  'run',
  'jobId',
  'sessionId',
  'terminalId',
  'trashId',
  'trashIds[]',
  'items[].key',
  'items[].mark',
  'text',
  'requestId',
  'template',
  'systemPrompt',
  'messages[].content',
  'sampling.stop[]',
  'parityPrompts[]',
  'mapping.prompt[]',
  'mapping.answer',
  'mapping.system',
  'mapping.history',
  'mapping.reference',
  'mapping.referenceHeading',
  'mirror',
  // Where a model came from: kept, never opened.
  'source.repository',
  'source.revision',
  'repository',
  // One folder's name and a name in Ollama: their schemas take no separator.
  'folderName',
  'ollamaName',
  'revision',
  // Of an account: an address, and texts that are only kept.
  'endpoint',
  'agreedOrigin',
  'label',
  'username',
  'account',
  'token',
  'passphrase',
  // Narrows what is granted, whatever it names.
  'root',
  'before',
  'seen',
  'seen[]',
  // Of a release: ids at a hub, and what people write on a card.
  'release',
  'parts[].run',
  'parts[].repository',
  'licence',
  'licenceReason',
  'confirmed[]',
  'reason',
  'texts.title',
  'texts.intendedUse',
  'texts.limitations',
  'texts.citation',
  'texts.samplePrompts[]',
  'texts.datasets[].name',
  'texts.datasets[].link',
  'texts.datasets[].licence',
  'texts.datasets[].generatedBy',
]);

type Schema = Readonly<{
  $ref?: string;
  $defs?: Readonly<Record<string, Schema>>;
  type?: string;
  enum?: unknown;
  const?: unknown;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  allOf?: readonly Schema[];
  properties?: Readonly<Record<string, Schema>>;
  items?: Schema;
}>;

/** Where free text may stand in an input, as `sources[]` or `recipe.model`. */
function textPlaces(schema: Schema, at = '', root: Schema = schema): readonly string[] {
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    return target === undefined ? [] : textPlaces(target, at, root);
  }
  // What a person wrote: checked by the core, against the schema of recipes.
  if (at === 'recipe') return ['recipe.model', 'recipe.dataset', 'recipe.lora.continueFrom'];
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const text = schema.type === 'string' && schema.enum === undefined && schema.const === undefined;
  return [
    ...(text ? [at] : []),
    ...choices.flatMap((one) => textPlaces(one, at, root)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
      textPlaces(one, at === '' ? name : `${at}.${name}`, root),
    ),
    ...(schema.items === undefined ? [] : textPlaces(schema.items, `${at}[]`, root)),
  ];
}

/** An input with nothing but one text at one place. */
function inputWith(place: string, text: string): unknown {
  return place
    .split('.')
    .reduceRight<unknown>(
      (inner, name) => (name.endsWith('[]') ? { [name.slice(0, -2)]: [inner] } : { [name]: inner }),
      text,
    );
}

const PLACES = Object.entries(STUDIO_CONTRACT).flatMap(([method, { input }]) =>
  [...new Set(textPlaces(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Schema))]
    .filter((place) => !NO_PLACES.has(place))
    .map((place) => ({ method, place })),
);

describe('every text of every method that may name a file', () => {
  let dir: string;
  let through: string[];
  let guarded: Dispatcher;

  beforeEach(() => {
    dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'places-')));
    through = [];
    const dispatcher: Dispatcher = {
      call: (method) => {
        through.push(method);
        return Promise.resolve({});
      },
    };
    guarded = guardPaths(dispatcher, grantRoots([path.join(dir, 'granted')]));
  });

  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  // A new method that takes a path, or a new field of one, would be a way round the granted folders.
  it.each(PLACES)('$method: $place is refused outside the granted folders', async ({ method, place }) => {
    for (const outside of ['/etc/hosts', path.join(dir, 'outside.txt'), '../up', '..\\up', '..'])
      await expect(
        guarded.call(method, inputWith(place, outside)),
        `${method} ${place} ${outside}`,
      ).rejects.toMatchObject({ code: 'server.path_refused' });
    expect(through).toEqual([]);
    await guarded.call(method, inputWith(place, path.join(dir, 'granted', 'inside')));
    expect(through).toEqual([method]);
  });

  it('covers the methods that are known to open files', () => {
    const covered = PLACES.map(({ method, place }) => `${method}:${place}`);
    for (const known of [
      'datasets.import:sources[]',
      'datasets.inspect:sources[]',
      'datasets.statistics:model',
      'models.add:path',
      'chat.open:model',
      'runs.adopt:path',
      'runs.export:path',
      'runs.start:recipe.model',
      'preflight.estimate:recipe.dataset',
    ])
      expect(covered).toContain(known);
  });
});

describe('a granted folder', () => {
  let harness: ServerHarness;

  beforeEach(async () => {
    harness = await new ServerHarness().open();
  });

  afterEach(async () => {
    await harness.close();
  });

  it.each([
    ['up', (root: string) => `${root}/../outside.txt`],
    ['up, after a folder that is not there', (root: string) => `${root}/none/../../outside.txt`],
    ['a link', (root: string) => `${root}/out/outside.txt`],
    ['a link to come', (root: string) => `${root}/out/new/file.txt`],
    ['a beginning in common', (root: string) => `${root}-beside/x`],
    ['an encoded way up', (root: string) => `${root}%2f..%2foutside.txt`],
    ['a NUL', (root: string) => `${root}/rows.jsonl\u0000.txt`],
    ['another absolute path', () => '/etc/hosts'],
    ['a share of another machine', () => '\\\\evil.example\\share\\rows.jsonl'],
    ['the same with slashes', () => '//evil.example/share/rows.jsonl'],
    ['a device path', () => '\\\\?\\C:\\rows.jsonl'],
    ['a drive', () => 'C:\\rows.jsonl'],
    ['an address', () => 'file:///etc/hosts'],
    ['a home folder', () => '~/rows.jsonl'],
    ['a relative path', () => 'rows.jsonl'],
    ['nothing', () => ''],
  ])('cannot be left by %s', async (_name, from) => {
    symlinkSync(harness.dir, path.join(harness.granted, 'out'));
    const offered = from(harness.granted);
    const answer = await harness.ask('/api/folder', {
      method: 'POST',
      headers: { ...harness.ownHeaders, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ path: offered })),
    });
    expect(answer).toMatchObject({ status: 403, code: 'server.path_refused' });
    expect(() => grantRoots([harness.granted]).resolve(offered)).toThrow('server.path_refused');
  });

  // What stays below by its letters and below by its links is all that may pass.
  it('is entered by its own name and by a link that leads into it', () => {
    const link = path.join(harness.dir, 'link');
    symlinkSync(harness.granted, link);
    const { resolve } = grantRoots([harness.granted]);
    expect(resolve(path.join(link, 'rows.jsonl'))).toBe(path.join(harness.granted, 'rows.jsonl'));
    expect(resolve(`${harness.granted}/./a/../rows.jsonl`)).toBe(path.join(harness.granted, 'rows.jsonl'));
  });
});
