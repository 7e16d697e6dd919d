import type { Locator, Page } from 'playwright-core';

/** The terminal of a page, in either language, as a person uses it. */
export class TerminalPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get input(): Locator {
    return this.#page.getByRole('textbox', { name: /^(终端输入|Terminal input)/u });
  }

  get rows(): Locator {
    return this.#page.locator('.xterm-rows');
  }

  /** Goes to the screen and opens a shell; returns when the keyboard is its. */
  async open(): Promise<void> {
    await this.#page.getByRole('link', { name: /^(终端|Terminal)$/u }).click();
    await this.#page.getByRole('button', { name: /^(新建终端|New terminal)$/u }).click();
    await this.input.waitFor({ state: 'attached' });
    await this.#page.waitForFunction(() =>
      /[$#>]/u.test(document.querySelector('.xterm-rows')?.textContent ?? ''),
    );
  }

  async type(text: string): Promise<void> {
    await this.input.focus();
    await this.#page.keyboard.type(text);
  }

  /** Rows as a person reads them, the spaces that end them left out. */
  text(): Promise<readonly string[]> {
    return this.rows
      .locator('> div')
      .evaluateAll((rows) => rows.map((row) => row.textContent.replaceAll('\u00A0', ' ').trimEnd()));
  }

  async shows(text: string): Promise<void> {
    await this.#page.waitForFunction(
      (wanted) =>
        [...document.querySelectorAll('.xterm-rows > div')].some((row) =>
          row.textContent.replaceAll('\u00A0', ' ').includes(wanted),
        ),
      text,
    );
  }

  /** Clicks in the middle of where the text stands last on the screen. */
  async clickText(text: string, clickCount = 1): Promise<void> {
    const box = await this.rows.evaluate((rows, wanted) => {
      const row = [...rows.children].findLast((one) => one.textContent.includes(wanted));
      if (row === undefined) throw new Error(`no row shows ${wanted}`);
      const cells = row.getBoundingClientRect();
      const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
      const range = document.createRange();
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const at = node.textContent?.indexOf(wanted) ?? -1;
        if (at < 0) continue;
        range.setStart(node, at);
        range.setEnd(node, at + wanted.length);
        const part = range.getBoundingClientRect();
        return { x: part.x + part.width / 2, y: part.y + part.height / 2 };
      }
      return { x: cells.x + 10, y: cells.y + cells.height / 2 };
    }, text);
    await this.#page.mouse.move(box.x, box.y);
    await this.#page.waitForTimeout(200);
    await this.#page.mouse.click(box.x, box.y, { clickCount });
  }
}
