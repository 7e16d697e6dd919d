import type { Locator, Page } from 'playwright-core';

import type { screenWords } from './screen-words.ts';

export type ReleaseJourney = Readonly<{
  page: Page;
  words: ReturnType<typeof screenWords>;
  hub: Readonly<{ endpoint: string; token: string; owner: string }>;
  runId: string;
  repositoryName: string;
  /** Called where the page stands still in a state that a person sees. */
  look: (state: string) => Promise<void>;
}>;

/** Puts an account of a hub of one's own into the settings by hand, and asks the hub whose it is. */
export async function addAccountByHand({ hub, look, page, words }: ReleaseJourney): Promise<void> {
  const say = (key: string, values: Readonly<Record<string, string>> = {}): string =>
    words.say(`secrets:${key}`, values);
  await page.evaluate(() => void (window.location.hash = '/settings?section=secrets'));
  await page.getByRole('button', { name: say('add') }).click();
  const dialog = page.getByRole('dialog', { name: say('addTitle') });
  await dialog.getByRole('combobox', { name: say('form.site') }).click();
  await page.getByRole('option', { name: say('form.sites.own') }).click();
  await dialog.getByLabel(say('form.address')).fill(hub.endpoint);
  await dialog.getByLabel(say('form.token')).fill(hub.token);
  await dialog.getByLabel(say('form.label')).fill('发布账号');
  const save = dialog.getByRole('button', { name: say('form.add'), exact: true });
  await save.click();
  await dialog.getByRole('checkbox', { name: say('form.agree', { origin: hub.endpoint }) }).check();
  await save.click();
  await dialog.waitFor({ state: 'detached' });
  // A new token is asked about at once.
  await page.getByText(say('canWrite')).waitFor();
  await look('account');
}

/**
 * From the run to a private repository that was compared with what was sent, and then, as a step of its own, to a
 * public one. Gives the address of its page back.
 */
export async function releaseByHand(journey: ReleaseJourney): Promise<string> {
  const { hub, look, page, repositoryName, runId, words } = journey;
  const say = (key: string, values: Readonly<Record<string, string | number>> = {}): string =>
    words.say(`release:${key}`, values);
  const repository = `${hub.owner}/${repositoryName}`;
  await page.evaluate((run) => void (window.location.hash = `/release?run=${run}`), runId);
  await page.getByRole('combobox', { name: say('where.account') }).click();
  await page.getByRole('option', { name: /发布账号/u }).click();
  await page.getByLabel(say('what.nameOf', { part: say('part.adapter') })).fill(repositoryName);
  await page.getByText(say('what.becomes', { repository })).waitFor();
  const card = page.getByRole('article', { name: say('card.title') });
  await card.getByText('tasks:').waitFor();
  await look('form');
  await page.getByRole('button', { name: say('start.do') }).click();
  await page.waitForURL(/release\?release=/u);
  await page.getByRole('progressbar').first().waitFor();
  await look('progress');
  await outcome(page, say('state.done')).waitFor();
  await page.getByText(say('visibility.private')).waitFor();
  const address = `${hub.endpoint}/models/${repository}`;
  await page.getByRole('button', { name: address }).waitFor();
  await look('done');
  await page.getByRole('button', { name: say('public.open') }).click();
  const dialog = page.getByRole('dialog', { name: say('public.question') });
  const publish = dialog.getByRole('button', { name: say('public.do'), exact: true });
  if (await publish.isEnabled()) throw new Error('it would go public before its name was confirmed');
  await dialog.getByRole('checkbox', { name: say('public.confirm', { repository }) }).check();
  await dialog.getByLabel(say('public.reason')).fill('内部试验');
  await look('public');
  await publish.click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText(say('visibility.public')).waitFor();
  return address;
}

const outcome = (page: Page, words: string): Locator => page.getByText(words, { exact: true }).first();
