import type { RunDetail, SampleView } from '../../../shared/contract/methods/runs.ts';
import { answerSigns } from '../../../shared/domain/answer-signs.ts';
import { formatNumber } from '../../../shared/domain/figures.ts';
import { escapeHtml } from './escape-html.ts';
import type { ReportWords } from './report-words.ts';

/** Each prompt with its first and its last answer; those between are folded away. */
export function answersSection(run: RunDetail, words: ReportWords): string {
  const prompts = [
    ...new Set([...run.recipe.evaluation.samplePrompts, ...run.samples.map((sample) => sample.prompt)]),
  ];
  const articles = prompts.flatMap((prompt) => {
    const answers = run.samples
      .filter((sample) => sample.prompt === prompt)
      .sort((left, right) => left.step - right.step);
    return answers.length === 0 ? [] : [articleOf(prompt, answers, words)];
  });
  const content = articles.length === 0 ? `<p class="none">${words.noAnswers}</p>` : articles.join('');
  return `<section><h2>${words.answers}</h2>${content}</section>`;
}

function articleOf(prompt: string, answers: readonly SampleView[], words: ReportWords): string {
  const [first] = answers;
  const last = answers.at(-1);
  const ends = [first, ...(last === first ? [] : [last])].filter((one) => one !== undefined);
  const between = answers.length > ends.length ? answers : [];
  const folded =
    between.length === 0
      ? ''
      : `<details><summary>${words.allAnswers.replace('{count}', formatNumber(answers.length))}</summary>` +
        `${between.map((answer) => answerHtml(answer, words)).join('')}</details>`;
  return (
    `<article><h3>${escapeHtml(prompt)}</h3>` +
    `<div class="answers">${ends.map((answer) => answerHtml(answer, words)).join('')}</div>${folded}</article>`
  );
}

function answerHtml({ step, answer, finish, tokens }: SampleView, words: ReportWords): string {
  const signs = answerSigns(answer, finish).map((sign) => ` <span class="bad">⚠ ${words[sign]}</span>`);
  const title = step === 0 ? words.base : words.atStep.replace('{step}', formatNumber(step));
  return (
    `<div class="answer"><h4>${title}${signs.join('')}</h4><p>${escapeHtml(answer)}</p>` +
    `<small>${words.tokensOfAnswer.replace('{count}', formatNumber(tokens))}</small></div>`
  );
}
