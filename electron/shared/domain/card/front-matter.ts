import type { Hub } from '../hub-endpoints.ts';
import type { CardRecord } from './card-record.ts';
import { isOnHuggingFace, licenceOf } from './licences.ts';
import { yamlText, type YamlMap } from './yaml-text.ts';

/** Places of data sets on the hubs; the id behind it is what front matter may name. */
const DATASET_PAGES: Readonly<Record<Hub, RegExp>> = {
  huggingface: /^https:\/\/huggingface\.co\/datasets\/([\w.-]+\/[\w.-]+)\/?$/u,
  modelscope: /^https:\/\/(?:www\.)?modelscope\.(?:cn|ai)\/datasets\/([\w.-]+\/[\w.-]+)(?:\/summary)?\/?$/u,
};

const DOMAIN_TAGS = { law: ['law'], medicine: ['medical'], general: [] } as const;

/** The head of a README as the hub reads it, with its fences; ids are claimed only where they are ids of this hub. */
export function frontMatter(record: CardRecord, hub: Hub): string {
  const common = {
    ...lineage(record, hub),
    datasets: listed(
      record.datasets.flatMap(({ link }) => DATASET_PAGES[hub].exec(link ?? '')?.slice(1, 2) ?? []),
    ),
    language: listed(record.languages),
    tags: tagsOf(record),
  };
  const own = hub === 'modelscope' ? ofModelScope(record) : ofHuggingFace(record);
  return `---\n${yamlText({ ...own, ...common, ...results(record, hub) })}---\n`;
}

function ofModelScope({ licence }: CardRecord): YamlMap {
  return {
    // A licence that the hub does not list is no claim in metadata; its text stands in the card and in LICENSE.
    license: licence === undefined ? undefined : (licenceOf(licence).modelScopeName ?? 'other'),
    tasks: ['text-generation'],
    frameworks: ['pytorch'],
    domain: ['nlp'],
  };
}

function ofHuggingFace({ hasLicenceFile, licence, part, training }: CardRecord): YamlMap {
  const known = licence === undefined ? undefined : licenceOf(licence);
  const isListed = known !== undefined && isOnHuggingFace(known);
  const library = part === 'adapter' && training.recipe.method === 'lora' ? 'peft' : 'transformers';
  return {
    license: known === undefined ? undefined : isListed ? known.id : 'other',
    ...(known === undefined || isListed
      ? {}
      : {
          license_name: known.id.replace(/[^\w.-]+/gu, '-'),
          license_link: hasLicenceFile ? 'LICENSE' : undefined,
        }),
    pipeline_tag: 'text-generation',
    library_name: part === 'gguf' ? 'gguf' : library,
  };
}

/** GGUF files are made of the merged model where that is published too. */
function lineage({ base, part, repositories }: CardRecord, hub: Hub): YamlMap {
  const parent = part === 'gguf' ? (repositories[hub].merged ?? base.ids[hub]) : base.ids[hub];
  if (parent === undefined) return {};
  const relation = { adapter: 'adapter', merged: 'finetune', gguf: 'quantized' } as const;
  return { base_model: [parent], base_model_relation: relation[part] };
}

function tagsOf({ domain, part, training: { recipe } }: CardRecord): readonly string[] {
  const method =
    recipe.method === 'full'
      ? ['full-finetuning']
      : [recipe.lora.dora ? 'dora' : 'lora', ...(recipe.hardware.quantization === 'none' ? [] : ['qlora'])];
  return [
    ...DOMAIN_TAGS[domain],
    'sft',
    ...method,
    ...(part === 'gguf' ? ['gguf'] : []),
    'legal-eagle-studio',
  ];
}

/** Only what was measured beside the losses: a loss is no benchmark. */
function results({ evaluations, title }: CardRecord, hub: Hub): YamlMap {
  if (evaluations.length === 0) return {};
  const metrics = [...new Set(evaluations.map(({ metric }) => metric))];
  const bySet = [...Map.groupBy(evaluations, ({ dataset }) => dataset)];
  const measured = bySet.map(([dataset, own]) => ({
    task: { type: 'text-generation', name: 'Text Generation' },
    dataset: { type: slug(dataset), name: dataset },
    metrics: own.map(({ metric, value }) => ({ type: slug(metric), name: metric, value })),
    ...(hub === 'huggingface' ? { source: { name: 'self-reported', url: 'README.md' } } : {}),
  }));
  if (hub === 'modelscope') return { metrics, indexing: { results: measured } };
  return { metrics: metrics.map(slug), 'model-index': [{ name: title, results: measured }] };
}

const slug = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.-]+/gu, '-')
    .replace(/^-+|-+$/gu, '') || 'unnamed';

const listed = (values: readonly string[]): readonly string[] | undefined =>
  values.length === 0 ? undefined : values;
