import { describeError } from '../../contract/errors/index.ts';
import { formatBytes } from '../figures.ts';
import type { CardDataset } from './card-record.ts';
import { percentText, type CardScene } from './card-scene.ts';
import { fill } from './card-words.ts';
import { inlineText, markdownTable } from './markdown-text.ts';

/** Which data, how much of it, and what was done to it. */
export function dataSection(scene: CardScene): string {
  const { record, words } = scene;
  const { data } = words;
  if (record.datasets.length === 0) return [`## ${data.heading}`, data.noData].join('\n\n');
  return [
    `## ${data.heading}`,
    markdownTable(
      [data.name, data.source, data.licence, data.rows, data.train, data.eval, data.excluded],
      record.datasets.map((dataset) => datasetRow(dataset, scene)),
    ),
    ...tokenLines(scene),
    ...record.datasets.flatMap((dataset) => aboutDataset(dataset, scene)),
  ].join('\n\n');
}

function datasetRow({ counts, licence, link, name }: CardDataset, { figure, text }: CardScene): string[] {
  return [
    inlineText(name),
    link === undefined ? text(undefined) : `<${encodeURI(decoded(link))}>`,
    inlineText(text(licence)),
    figure(counts?.rows),
    figure(counts?.train),
    figure(counts?.eval),
    figure(counts?.excluded),
  ];
}

/** An address that is encoded in part stays one; encoding it twice would lead elsewhere. */
function decoded(link: string): string {
  try {
    return decodeURI(link);
  } catch {
    return link;
  }
}

function tokenLines({ figure, join, record, words: { data } }: CardScene): string[] {
  const { plan, recipe } = record.training;
  if (plan === undefined) return [];
  const tokens = fill(data.tokens, { tokens: figure(plan.trainTokens), answers: figure(plan.answerTokens) });
  const { droppedRows, truncatedRows } = plan;
  if (truncatedRows + droppedRows === 0) return [tokens];
  const cut = fill(data.truncated, {
    truncated: figure(truncatedRows),
    cutoff: figure(recipe.cutoffLength),
    dropped: figure(droppedRows),
  });
  return [join([tokens, cut])];
}

function aboutDataset(dataset: CardDataset, scene: CardScene): string[] {
  const { figure, join, language, words } = scene;
  const { data } = words;
  const { contentHash, evalFraction, excludedReasons, generatedBy, name, sources, splitSeed } = dataset;
  const sentences = [
    ...(evalFraction === undefined || splitSeed === undefined || evalFraction === 0
      ? []
      : [fill(data.split, { share: percentText(evalFraction), seed: String(splitSeed) })]),
    ...(excludedReasons.length === 0
      ? []
      : [
          fill(data.excludedWhy, {
            reasons: excludedReasons
              .map(({ code, count }) =>
                fill(data.reason, { count: figure(count), reason: reasonText(code, language) }),
              )
              .join(language === 'zh' ? '；' : '; '),
          }),
        ]),
    ...(generatedBy === undefined
      ? []
      : [fill(data.generated, { name: inlineText(name), service: inlineText(generatedBy) })]),
  ];
  return [
    ...(sentences.length === 0 ? [] : [join(sentences)]),
    ...(sources.length === 0
      ? []
      : [
          `${data.files}\n\n${markdownTable(
            [data.file, data.records, words.weights.size, 'SHA-256'],
            sources.map((source) => [
              inlineText(source.file),
              figure(source.records),
              formatBytes(source.bytes),
              `\`${source.sha256}\``,
            ]),
          )}`,
        ]),
    ...(contentHash === undefined ? [] : [fill(data.contentHash, { hash: contentHash })]),
  ];
}

/** The words of the row's own error, where they need no detail; else its code. */
function reasonText(code: string, language: 'zh' | 'en'): string {
  const said = describeError({ code, params: {} }, language).message.replace(/[。.]$/u, '');
  return said.includes('{') || said.includes(code) ? `\`${code}\`` : inlineText(said);
}
