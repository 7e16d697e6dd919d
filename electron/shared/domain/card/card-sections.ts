import { formatBytes, formatLoss } from '../figures.ts';
import type { CardScene } from './card-scene.ts';
import { CARD_PARTS, type CardRecord } from './card-record.ts';
import { fill } from './card-words.ts';
import { licenceOf } from './licences.ts';
import { codeBlock, inlineText, markdownTable } from './markdown-text.ts';

const PAGES = {
  modelscope: 'https://modelscope.cn/models/',
  huggingface: 'https://huggingface.co/',
} as const;

/** Title, one sentence, the disclaimer, and where the other parts are. */
export function headSection({ day, figure, hub, record, words }: CardScene): string {
  const { datasets, part, training } = record;
  const rows = rowsSeen(training) ?? sum(datasets.map(({ counts }) => counts?.train));
  const kind = part !== 'gguf' && training.recipe.method === 'full' ? 'full' : part;
  const data = datasets.map(({ name }) => inlineText(name)).join(words.comma) || words.notRecorded;
  const finished = day(training.endedAtMs);
  const summary = fill(words.summary[kind], {
    title: inlineText(record.title),
    base: inlineText(record.base.name),
    rows:
      rows === undefined
        ? fill(words.summary.unknownRows, { data })
        : fill(words.summary.rows, { rows: figure(rows), data }),
    date:
      finished === undefined ? words.summary.unknownDate : fill(words.summary.finished, { date: finished }),
  });
  const siblings = CARD_PARTS.flatMap((other) => {
    const id = record.repositories[hub][other];
    return id === undefined || other === part ? [] : [`[${words.parts[other]}](${PAGES[hub]}${id})`];
  });
  return [
    `# ${inlineText(record.title)}`,
    summary,
    ...(record.hasDisclaimer ? [`> ${words.disclaimer[record.domain]}`] : []),
    ...(siblings.length === 0 ? [] : [`${words.related}${words.colon}${siblings.join(words.comma)}`]),
    ...(record.weights.length === 0
      ? []
      : [
          markdownTable(
            [words.weights.file, words.weights.size],
            record.weights.map(({ path, bytes }) => [inlineText(path), formatBytes(bytes)]),
          ),
        ]),
  ].join('\n\n');
}

/** A run that ended within its first epoch has not seen all rows. */
function rowsSeen({ plan, step }: CardRecord['training']): number | undefined {
  if (plan === undefined) return undefined;
  return plan.batchUnit === 'samples' ? Math.min(plan.trainRows, step * plan.globalBatch) : plan.trainRows;
}

const sum = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((all, one) => all + one, 0);
};

const USES = {
  law: ['law', 'limitsLaw'],
  medicine: ['medicine', 'limitsMedicine'],
  general: ['general', 'limitsGeneral'],
} as const;

/** A person's own words, else those of the domain. */
export function useSection({ figure, record, words: { use } }: CardScene): string {
  const { intendedUse, limitations } = record.words;
  const [usual, limits] = USES[record.domain];
  return [
    `## ${use.heading}`,
    intendedUse.trim() === '' ? use[usual] : intendedUse.trim(),
    limitations.trim() === '' ? use[limits] : limitations.trim(),
    fill(use.cutoff, { tokens: figure(record.training.recipe.cutoffLength) }),
  ].join('\n\n');
}

/** Picture and table of the losses. */
export function lossSection({ record, words: { loss, notRecorded } }: CardScene): string {
  const { evalLoss, loss: train } = record.training;
  const figure = (value: number | undefined): string =>
    value === undefined ? notRecorded : formatLoss(value);
  const best =
    evalLoss.best === undefined
      ? notRecorded
      : fill(loss.atStep, { value: formatLoss(evalLoss.best.value), step: String(evalLoss.best.step) });
  const { rows } = evalLoss;
  return [
    `## ${loss.heading}`,
    ...(record.picture === undefined ? [] : [`![${loss.picture}](${record.picture})`]),
    markdownTable(
      ['', loss.first, loss.last, loss.best],
      [
        [loss.train, figure(train.first), figure(train.last), '—'],
        [
          loss.eval,
          evalLoss.base === undefined ? notRecorded : fill(loss.base, { value: formatLoss(evalLoss.base) }),
          figure(evalLoss.released),
          best,
        ],
      ],
    ),
    rows === undefined || rows === 0 ? loss.howNoRows : fill(loss.how, { rows: String(rows) }),
  ].join('\n\n');
}

export function evaluationSection({ figure, record, text, words: { evaluation } }: CardScene): string {
  if (record.evaluations.length === 0) return [`## ${evaluation.heading}`, evaluation.none].join('\n\n');
  const value = (measured: number | undefined): string =>
    measured === undefined || Number.isInteger(measured) ? figure(measured) : figure(measured, 4);
  return [
    `## ${evaluation.heading}`,
    markdownTable(
      [evaluation.dataset, evaluation.metric, evaluation.value, evaluation.base, evaluation.harness],
      record.evaluations.map((one) => [
        inlineText(one.dataset),
        inlineText(one.metric),
        value(one.value),
        value(one.baseValue),
        inlineText(text(one.harness)),
      ]),
    ),
    evaluation.selfReported,
  ].join('\n\n');
}

/** Nothing where a person chose nothing: answers can hold what training rows hold. */
export function samplesSection({ record, words: { colon, samples } }: CardScene): readonly string[] {
  const [first] = record.samples;
  if (first === undefined) return [];
  const answer = (who: string, said: string): string =>
    `**${who}**${colon.trim()}\n\n${codeBlock(said, 'text')}`;
  return [
    [
      `## ${samples.heading}`,
      fill(samples.how, { step: [...new Set(record.samples.map(({ step }) => step))].join(', ') }),
      ...record.samples.flatMap((sample) => [
        answer(samples.question, sample.prompt),
        ...(sample.baseAnswer === undefined ? [] : [answer(samples.baseAnswer, sample.baseAnswer)]),
        answer(samples.answer, sample.answer),
      ]),
    ].join('\n\n'),
  ];
}

export function licenceSection({ record, text, words: { licence: said } }: CardScene): string {
  const { base, datasets, licence, licenceReason } = record;
  const name = inlineText(base.name);
  const ofBase =
    base.licence === undefined
      ? fill(said.baseUnknown, { base: name })
      : base.licence.name === undefined
        ? fill(said.baseUnnamed, { base: name, file: inlineText(base.licence.file) })
        : fill(said.base, {
            base: name,
            licence: inlineText(licenceOf(base.licence.name).title),
            file: inlineText(base.licence.file),
          });
  const lines = [
    licence === undefined ? said.none : fill(said.chosen, { licence: inlineText(licenceOf(licence).title) }),
    ofBase,
    ...datasets.map((dataset) =>
      fill(said.data, {
        name: inlineText(dataset.name),
        licence: inlineText(
          dataset.licence === undefined ? text(undefined) : licenceOf(dataset.licence).title,
        ),
      }),
    ),
    ...(licenceReason === undefined || licenceReason.trim() === ''
      ? []
      : [fill(said.reason, { reason: inlineText(licenceReason) })]),
  ];
  return [`## ${said.heading}`, lines.map((line) => `- ${line}`).join('\n'), said.both].join('\n\n');
}

export function citationSection({ record, words }: CardScene): readonly string[] {
  const citation = record.words.citation.trim();
  if (citation === '') return [];
  return [
    [`## ${words.citation.heading}`, codeBlock(citation, citation.startsWith('@') ? 'bibtex' : '')].join(
      '\n\n',
    ),
  ];
}
