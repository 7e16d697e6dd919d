import type { Page } from 'playwright-core';

/** An element of the page whose words are `text`, or hold `part`. */
export type Painted = Readonly<{ selector: string } & ({ text: string } | { part: string })>;

/** What the functions below touch of the page they run in; this project's types know no page. */
type PageElement = Readonly<{ textContent: string | null; clientHeight: number }> & { scrollTop: number };
type PageWatch = { inputAtMs: number; painted: Promise<number> | undefined };
declare const document: {
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  addEventListener(type: string, listener: (event: PageInput) => void, options: object): void;
};
declare const requestAnimationFrame: (frame: () => void) => void;
type PageInput = Readonly<{ isTrusted: boolean; timeStamp: number }>;
type Watched = typeof globalThis & { benchWatch: PageWatch };

const LONGEST_WAIT_MS = 60_000;

/** Notes the time of every real input from now on, over reloads too. */
export async function installStopwatch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const watch: PageWatch = { inputAtMs: Number.NaN, painted: undefined };
    (globalThis as Watched).benchWatch = watch;
    for (const type of ['pointerdown', 'keydown', 'input']) {
      document.addEventListener(
        type,
        (event) => {
          if (event.isTrusted) watch.inputAtMs = event.timeStamp;
        },
        { capture: true },
      );
    }
  });
}

/**
 * Milliseconds from the last input of `act` to the end of the frame in which all of `content` stands. Throws where it
 * stood there before, so that nothing is timed that did not change.
 */
export async function timeToPaint(
  page: Page,
  content: readonly Painted[],
  act: () => Promise<unknown>,
): Promise<number> {
  await page.evaluate(watchFor, { content, longestWaitMs: LONGEST_WAIT_MS });
  await act();
  return page.evaluate(
    () => (globalThis as Watched).benchWatch.painted ?? Promise.reject(new Error('no watch')),
  );
}

/** Waits, untimed, until all of `content` stands. */
export async function stands(page: Page, content: readonly Painted[]): Promise<void> {
  for (const one of content) {
    const words = 'text' in one ? new RegExp(`^\\s*${one.text}\\s*$`, 'u') : one.part;
    await page.locator(one.selector, { hasText: words }).first().waitFor();
  }
}

/** Drags a scrolled part to `topPx`, which counts as an input. */
export async function scrollTo(page: Page, selector: string, topPx: number): Promise<void> {
  await page.evaluate(
    ({ scrolled, top }) => {
      const element = document.querySelector(scrolled);
      if (element === null) throw new Error(`no ${scrolled}`);
      (globalThis as Watched).benchWatch.inputAtMs = performance.now();
      element.scrollTop = top;
    },
    { scrolled: selector, top: topPx },
  );
}

/** Pixels of content that a scrolled part shows at once. */
export function heightInside(page: Page, selector: string): Promise<number> {
  return page.evaluate((scrolled) => document.querySelector(scrolled)?.clientHeight ?? Number.NaN, selector);
}

/** Runs in the page. */
function watchFor({
  content,
  longestWaitMs,
}: Readonly<{ content: readonly Painted[]; longestWaitMs: number }>): void {
  const stands = (one: Painted): boolean =>
    [...document.querySelectorAll(one.selector)].some((element) => {
      const words = (element.textContent ?? '').trim();
      return 'text' in one ? words === one.text : words.includes(one.part);
    });
  if (content.every(stands)) throw new Error(`stood there before: ${JSON.stringify(content)}`);
  const watch = (globalThis as Watched).benchWatch;
  watch.inputAtMs = Number.NaN;
  const giveUpAtMs = performance.now() + longestWaitMs;
  watch.painted = new Promise((resolve, reject) => {
    const look = (): void => {
      if (content.every(stands)) {
        // This callback runs before the frame is drawn, a timer set in it after.
        setTimeout(() => resolve(performance.now() - watch.inputAtMs));
      } else if (performance.now() > giveUpAtMs) {
        const missing = content.filter((one) => !stands(one));
        reject(new Error(`never painted: ${JSON.stringify(missing)}`));
      } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}
