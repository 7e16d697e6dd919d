import { describeError } from '../../../shared/contract/errors/index.ts';
import type { MetricSeries } from '../../../shared/contract/methods/metrics.ts';
import {
  formatBytes,
  formatDuration,
  formatLoss,
  formatNumber,
  formatTime,
} from '../../../shared/domain/figures.ts';
import { isSame, settingRows } from '../../../shared/domain/settings-difference.ts';
import { describeVerdict } from '../../../shared/domain/verdict-words.ts';
import { recipeSchema } from '../../../shared/protocol/recipe.ts';
import { escapeHtml } from './escape-html.ts';
import { answersSection } from './report-answers.ts';
import { chartSvg } from './report-chart.ts';
import type { ReportFacts } from './report-facts.ts';
import { REPORT_STYLE } from './report-style.ts';
import { REPORT_WORDS, type ReportWords } from './report-words.ts';

export type ReportLanguage = 'en' | 'zh';

/** A run as one page that needs nothing else: no script, no font, no picture from anywhere. */
export function reportHtml(facts: ReportFacts, language: ReportLanguage): string {
  const words = REPORT_WORDS[language];
  const { run } = facts;
  const verdict = describeVerdict(facts.verdict, language);
  const body = [
    `<header><p class="kind">${words.report}</p><h1>${escapeHtml(run.name)}</h1>`,
    `<p class="verdict ${facts.verdict.level}"><strong>${escapeHtml(verdict.sentence)}</strong> ${escapeHtml(verdict.rule)}</p></header>`,
    failure(facts, words, language),
    summary(facts, words, language),
    curves(facts, words),
    checkpoints(facts, words, language),
    answersSection(run, words),
    data(facts, words),
    settings(facts, words),
    environment(facts, words, language),
    `<footer>${fill(words.studio, { version: facts.studioVersion, time: timeText(facts.madeAtMs, language) })}</footer>`,
  ];
  return (
    `<!doctype html>\n<html lang="${language === 'zh' ? 'zh-CN' : 'en'}"><head><meta charset="utf-8">` +
    // Opened from a disk, a page has no server to say so; names and answers in it are other people's words.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">` +
    `<meta name="viewport" content="width=device-width"><title>${escapeHtml(run.name)} · ${words.report}</title>` +
    `<style>${REPORT_STYLE}</style></head><body><main>${body.join('\n')}</main></body></html>\n`
  );
}

function summary(
  { run, tokens, answerTokens }: ReportFacts,
  words: ReportWords,
  language: ReportLanguage,
): string {
  const spent =
    run.startedAtMs === undefined || run.endedAtMs === undefined
      ? undefined
      : run.endedAtMs - run.startedAtMs;
  const best =
    run.bestEvalLoss === undefined
      ? undefined
      : `${formatLoss(run.bestEvalLoss)} (${fill(words.atStep, { step: formatNumber(run.bestEvalStep) })})`;
  return section(
    words.summary,
    facts(words, [
      [words.state, words.states[run.state]],
      [words.model, run.modelName],
      [words.dataset, run.datasetName],
      [words.steps, `${formatNumber(run.step)} / ${formatNumber(run.steps)}`],
      [words.loss, pair(run.loss, run.lossFirst)],
      [words.evalLoss, pair(run.evalLoss, run.evalLossFirst)],
      [words.best, best],
      [words.tokens, tokens === undefined ? undefined : formatNumber(tokens)],
      [words.answerTokens, answerTokens === undefined ? undefined : formatNumber(answerTokens)],
      [words.started, run.startedAtMs === undefined ? undefined : timeText(run.startedAtMs, language)],
      [words.ended, run.endedAtMs === undefined ? undefined : timeText(run.endedAtMs, language)],
      [words.duration, spent === undefined ? undefined : formatDuration(spent, figures(language))],
      ...(run.tags.length === 0 ? [] : [[words.tags, run.tags.join(' · ')] as const]),
      ...(run.note === '' ? [] : [[words.note, run.note] as const]),
      [words.runId, run.id],
    ]),
  );
}

function failure({ run }: ReportFacts, words: ReportWords, language: ReportLanguage): string {
  if (run.error === undefined) return '';
  const { message, cause, action, code } = describeError(run.error, language);
  const texts = [message, cause, action].map((text) => `<p>${escapeHtml(text)}</p>`).join('');
  const { detail } = run.error;
  return section(
    words.failure,
    `${texts}<p><code>${escapeHtml(code)}</code></p>${detail === undefined ? '' : `<pre>${escapeHtml(detail)}</pre>`}`,
  );
}

const COLOURS = ['#0072b2', '#b85400', '#00795a', '#a3417e', '#8a6d00', '#2b7ea8'];

const VALUE_FORMATS: Readonly<Record<string, (value: number) => string>> = {
  learningRate: (value) => (value === 0 ? '0' : value.toExponential(1)),
  tokensPerSecond: (value) => formatNumber(value),
  peakBytes: (value) => formatBytes(Math.max(0, value)),
};

function curves({ run, curves: all }: ReportFacts, words: ReportWords): string {
  const titles: Readonly<Record<string, string>> = words.curve;
  const evalLoss = all.find((one) => one.key === 'evalLoss');
  const figureOf = (data: MetricSeries, index: number): string => {
    const own = { label: titles[data.key] ?? data.key, colour: COLOURS[index] ?? '#000', data, dots: false };
    const withEval = data.key === 'loss' && evalLoss !== undefined && evalLoss.points.length > 0;
    const evaluated = {
      label: words.curve.evalLoss,
      colour: COLOURS[1] ?? '#000',
      data: evalLoss ?? data,
      dots: true,
    };
    const series = withEval ? [own, evaluated] : [own];
    const title = series.map((one) => one.label).join(' · ');
    const drawing = chartSvg({
      title,
      series,
      lastStep: Math.max(run.step, 1),
      formatValue: VALUE_FORMATS[data.key] ?? ((value) => String(Number(value.toPrecision(4)))),
    });
    const legend = series
      .map((one) => `<span style="color:${one.colour}">●</span> ${escapeHtml(one.label)}`)
      .join(' &nbsp; ');
    const [first] = data.nonFiniteSteps;
    const missing =
      first === undefined
        ? ''
        : `<p class="bad">${fill(words.nonFinite, { count: formatNumber(data.nonFiniteSteps.length), step: formatNumber(first) })}</p>`;
    return `<figure><figcaption>${legend}</figcaption>${drawing ?? `<p class="none">${words.noCurve}</p>`}${missing}</figure>`;
  };
  const own = all.filter((one) => one.key !== 'evalLoss');
  return section(words.curves, `<div class="charts">${own.map(figureOf).join('')}</div>`);
}

function checkpoints(
  { checkpoints: items }: ReportFacts,
  words: ReportWords,
  language: ReportLanguage,
): string {
  if (items.length === 0) return section(words.checkpoints, `<p class="none">${words.noCheckpoints}</p>`);
  const rows = items.map((one) => [
    formatNumber(one.step),
    one.whole ? words.whole : words.torn,
    one.evalLoss === undefined ? '—' : formatLoss(one.evalLoss) + (one.best ? ' ★' : ''),
    formatBytes(one.bytes),
    timeText(one.createdAtMs, language),
    `<code>${one.manifestSha256.slice(0, 16)}</code>`,
  ]);
  const head = [words.step, words.state, words.curve.evalLoss, words.size, words.saved, 'SHA-256'];
  return section(words.checkpoints, table(head, rows));
}

function data({ run, dataset }: ReportFacts, words: ReportWords): string {
  const plan = (name: string): string | undefined => {
    const value = run.plan?.[name];
    return typeof value === 'number' ? formatNumber(value, Number.isInteger(value) ? 0 : 2) : undefined;
  };
  const count = (name: 'rows' | 'excluded' | 'unreadable'): string | undefined =>
    dataset?.counts === undefined ? undefined : formatNumber(dataset.counts[name]);
  return section(
    words.data,
    facts(words, [
      [words.dataset, run.datasetName],
      [words.rows, count('rows')],
      [words.excludedRows, count('excluded')],
      [words.unreadable, count('unreadable')],
      [words.trainRows, plan('trainRows')],
      [words.evalRows, plan('evalRows')],
      [words.truncatedRows, plan('truncatedRows')],
      [words.droppedRows, plan('droppedRows')],
      [words.globalBatch, plan('globalBatch')],
      [words.stepsPerEpoch, plan('stepsPerEpoch')],
      [words.loraParameters, plan('loraParameters')],
      [words.contentHash, dataset?.contentHash],
    ]),
  );
}

/** Of the recipe, what the report says in another place. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['name', 'version', 'evaluation.samplePrompts']);

function settings({ run }: ReportFacts, words: ReportWords): string {
  const { model, dataset } = run.recipe;
  const rows = settingRows([run.recipe, recipeSchema.parse({ model, dataset })])
    .filter(({ path }) => !TOLD_ELSEWHERE.has(path))
    .map(({ path, values: [here, standard] }) => {
      const isOwn = path === 'model' || path === 'dataset' || isSame(here, standard);
      const value = escapeHtml(settingText(here));
      return [
        `<code>${escapeHtml(path)}</code>`,
        isOwn ? value : `<strong>${value}</strong>`,
        path === 'model' || path === 'dataset' ? '—' : escapeHtml(settingText(standard)),
      ];
    });
  return section(
    words.settings,
    `<p class="none">${words.changedNote}</p><div class="settings">${table([words.setting, words.here, words.standard], rows)}</div>`,
  );
}

function environment({ run, machines }: ReportFacts, words: ReportWords, language: ReportLanguage): string {
  const device = (name: string): string | undefined => {
    const value = run.device?.[name];
    if (Array.isArray(value)) return value.join('; ');
    return value === undefined ? undefined : settingText(value);
  };
  const attempts = run.attemptList.map((attempt) => {
    const machine = machines.get(attempt.number);
    const from =
      attempt.resumedFromStep === undefined
        ? words.fromStart
        : fill(words.fromStep, { step: formatNumber(attempt.resumedFromStep) });
    return [
      fill(words.attempt, { number: String(attempt.number) }),
      timeText(attempt.createdAtMs, language),
      from,
      escapeHtml(machine?.platform ?? words.notRecorded),
      escapeHtml(machine?.python ?? words.notRecorded),
    ];
  });
  return section(
    words.environment,
    facts(words, [
      [
        words.device,
        [device('device'), device('name')].filter((one) => one !== undefined).join(' · ') || undefined,
      ],
      [words.precision, device('precision')],
      [words.cpuThreads, device('cpuThreads')],
      [words.reasons, device('reasons')],
      ['PyTorch', undefined],
    ]) + table(['', words.started, '', words.platform, words.python], attempts),
  );
}

function section(title: string, content: string): string {
  return `<section><h2>${title}</h2>${content}</section>`;
}

function facts(words: ReportWords, rows: readonly (readonly [string, string | undefined])[]): string {
  const lines = rows.map(
    ([name, value]) =>
      `<dt>${escapeHtml(name)}</dt><dd${value === undefined ? ' class="none"' : ''}>${escapeHtml(value ?? words.notRecorded)}</dd>`,
  );
  return `<dl>${lines.join('')}</dl>`;
}

/** Cells are HTML. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>`;
}

/** Puts figures, which need no escaping, in the places of a sentence. */
function fill(sentence: string, figuresByName: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/gu, (whole, name: string) => figuresByName[name] ?? whole);
}

function settingText(value: unknown): string {
  if (value === undefined || value === null) return '—';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function pair(last: number | undefined, first: number | undefined): string | undefined {
  return last === undefined ? undefined : `${formatLoss(last)} (${formatLoss(first)})`;
}

const figures = (language: ReportLanguage): 'en' | 'zh-CN' => (language === 'zh' ? 'zh-CN' : 'en');

function timeText(timeMs: number, language: ReportLanguage): string {
  return formatTime(timeMs, figures(language));
}
