import { readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

import { modelCatalogueSchema } from '../../../electron/shared/domain/model-catalogue.ts';
import { baseParameters } from '../../../electron/shared/domain/preflight/decoder-shape.ts';

const file = path.resolve(import.meta.dirname, '../../../resources/models/catalogue.json');
const { models } = modelCatalogueSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

test.each(models)('$id: size and shape are of one model, and heads fit', (model) => {
  expect(baseParameters(model.shape)).toBe(model.parameters);
  expect(model.weightBytes).toBe(2 * model.parameters);
  expect(model.shape.heads % model.shape.kvHeads).toBe(0);
});

// Published figures that do not come from our own arithmetic: bytes of the shards' index, totals of the model cards.
test.each([
  ['internlm2-chat-7b', 15_475_417_088],
  ['qwen2.5-7b-instruct', 15_231_233_024],
  ['llama-3.1-8b-instruct', 16_060_522_496],
  ['mistral-7b-instruct-v0.3', 14_496_047_104],
])('%s weighs what its hub says', (id, bytes) => {
  expect(models.find((model) => model.id === id)?.weightBytes).toBe(bytes);
});

test('no id and no repository stands twice', () => {
  for (const ids of [
    models.map((model) => model.id),
    models.map((model) => model.hubs.modelscope),
    models.map((model) => model.hubs.huggingface),
  ])
    expect(new Set(ids).size).toBe(ids.length);
});

test('every family that the studio promises is there', () => {
  const wanted = ['internlm-chat-7b', 'internlm2-chat-1.8b', 'internlm2-chat-7b', 'internlm2-chat-20b'];
  expect(models.map((model) => model.id)).toEqual(expect.arrayContaining(wanted));
  expect(new Set(models.map((model) => model.family))).toEqual(
    new Set(modelCatalogueSchema.shape.models.element.shape.family.options),
  );
});
