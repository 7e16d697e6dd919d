import type { Page } from 'playwright-core';

export type XssWatch = Readonly<{
  /** Whatever happened that only executed or followed text can cause. */
  incidents: readonly string[];
  /** Looks at the page as it stands, and remembers the cases that it shows. */
  look(): Promise<void>;
  /** Numbers of the cases that were in sight in one of the looks. */
  seen: ReadonlySet<number>;
  /** Begins to count what is in sight from nothing. */
  forget(): void;
}>;

/** Elements that no screen of the studio has, and that texts would like to be. */
const NEVER_THERE =
  'iframe, frame, frameset, object, embed, base, video, audio, math, marquee, isindex, noscript, plaintext, xmp, portal, applet, #root :is(img, script, link, meta, style:not([data-mantine-styles]), title:not(svg title))';

/** Watches a page from its next load on: marks, refusals of the policy, windows, dialogs, requests, departures. */
export async function watchForXss(page: Page): Promise<XssWatch> {
  const incidents: string[] = [];
  const seen = new Set<number>();
  const own = new URL(page.url());
  const isOwn = (address: string): boolean => {
    const url = new URL(address);
    return url.protocol === 'data:' || url.protocol === 'blob:' || url.host === own.host;
  };
  await page.addInitScript(() => {
    const marks = window as unknown as { violations: string[] };
    marks.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      marks.violations.push(`${event.effectiveDirective} ${event.blockedURI}`),
    );
  });
  page.on('dialog', (dialog) => {
    incidents.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('popup', (popup) => incidents.push(`popup: ${popup.url()}`));
  page.on('download', (download) => incidents.push(`download: ${download.url()}`));
  page.on('request', (request) => {
    if (!isOwn(request.url())) incidents.push(`request: ${request.url()}`);
  });
  page.on('framenavigated', (frame) => {
    if (frame !== page.mainFrame() || !isOwn(frame.url())) incidents.push(`departure: ${frame.url()}`);
  });
  await page.reload();
  return {
    incidents,
    seen,
    forget: () => seen.clear(),
    look: async () => {
      const found = await page.evaluate((never) => {
        const marks = window as unknown as { hit?: unknown; violations: string[] };
        const elements = [...document.querySelectorAll('body *')];
        return {
          hit: marks.hit,
          violations: marks.violations.splice(0),
          strange: [...document.body.querySelectorAll(never)].map((one) => one.outerHTML.slice(0, 200)),
          handlers: elements
            .filter((one) =>
              [...one.attributes].some(
                ({ name, value }) => name.startsWith('on') || /^\s*(?:java|vb)script:/iu.test(value),
              ),
            )
            .map((one) => one.outerHTML.slice(0, 200)),
          numbers: elements
            .flatMap((one) => [one.getAttribute('title'), one.getAttribute('aria-label')])
            .concat(document.body.textContent)
            .flatMap((text) => [...(text ?? '').matchAll(/case-(\d+)-/gu)].map((match) => Number(match[1]))),
        };
      }, NEVER_THERE);
      for (const number of found.numbers) seen.add(number);
      if (found.hit !== undefined) incidents.push(`executed: ${JSON.stringify(found.hit)}`);
      incidents.push(
        ...found.violations.map((one) => `refused by the policy: ${one}`),
        ...found.strange.map((one) => `element: ${one}`),
        ...found.handlers.map((one) => `handler: ${one}`),
      );
    },
  };
}
