import { z } from 'zod';

const repository = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9._-]*$/);
const count = z.int().min(1);

/**
 * `resources/models/catalogue.json`: bases that the studio knows by name before anything is fetched. What a
 * downloaded snapshot says (configuration, licence) always goes before what stands here.
 */
export const modelCatalogueSchema = z.strictObject({
  version: z.literal(1),
  models: z.array(
    z.strictObject({
      id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
      name: z.string(),
      family: z.enum([
        'internlm',
        'internlm2',
        'internlm2.5',
        'internlm3',
        'qwen2.5',
        'qwen3',
        'llama3',
        'mistral',
        'yi1.5',
      ]),
      /** The chat template that the model was trained with, by family. */
      template: z.enum(['internlm', 'internlm2', 'qwen', 'qwen3', 'llama3', 'mistral', 'yi']),
      /** Whether it writes `<think>` of its own accord. */
      thinks: z.boolean(),
      contextTokens: count,
      parameters: count,
      /** Of its published 16-bit weights. */
      weightBytes: count,
      /** Id on each hub; no branch, because the default one is meant. */
      hubs: z.strictObject({ modelscope: repository, huggingface: repository }),
      /** Hubs that want a token and an accepted licence first. */
      gatedOn: z.array(z.enum(['modelscope', 'huggingface'])),
      licence: z.enum(['apache-2.0', 'llama-community', 'qwen-research', 'other']),
      licenceNote: z.strictObject({ en: z.string(), zh: z.string() }).nullable(),
      /** As in its published config.json; enough for an estimate of memory before the download. */
      shape: z.strictObject({
        layout: z.enum(['internlm2', 'llama']),
        hiddenSize: count,
        layers: count,
        heads: count,
        kvHeads: count,
        headDim: count,
        intermediateSize: count,
        vocabSize: count,
        qkvBias: z.boolean(),
        oBias: z.boolean(),
        qkNorm: z.boolean(),
        tiedEmbeddings: z.boolean(),
      }),
    }),
  ),
});
