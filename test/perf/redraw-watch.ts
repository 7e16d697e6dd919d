import type { Page } from 'playwright-core';

/** What the functions below touch of the page they run in; this project's types know no page. */
type PageNode = object;
type PageInput = Readonly<{ isTrusted: boolean; timeStamp: number }>;
type PageWatch = {
  inputAtMs: number;
  /** Start of the newest frame of points that the socket brought. */
  pointsAtMs: number;
  redraws: { atMs: number; pointsAtMs: number }[];
};
type Watched = { redrawWatch: PageWatch; WebSocket: new (address: string) => PageSocket };
type PageSocket = { addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void };
declare const document: {
  querySelector(selector: string): PageNode | null;
  addEventListener(type: string, listener: (event: PageInput) => void, options: object): void;
};
declare const requestAnimationFrame: (frame: () => void) => void;
declare const MutationObserver: new (listener: () => void) => {
  observe(node: PageNode, options: object): void;
  disconnect(): void;
};

/** A drawing that has not changed for so long is finished. */
const QUIET_MS = 350;
const LONGEST_WAIT_MS = 30_000;

/** Notes from now on, over reloads too, when a person's input and when points arrive. */
export async function installRedrawWatch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const watch: PageWatch = { inputAtMs: Number.NaN, pointsAtMs: Number.NaN, redraws: [] };
    const watched = globalThis as unknown as Watched;
    watched.redrawWatch = watch;
    for (const type of ['pointerup', 'pointermove', 'keydown', 'dblclick']) {
      document.addEventListener(
        type,
        (event) => {
          if (event.isTrusted) watch.inputAtMs = event.timeStamp;
        },
        { capture: true },
      );
    }
    const Native = watched.WebSocket;
    watched.WebSocket = class extends Native {
      constructor(address: string) {
        super(address);
        this.addEventListener('message', ({ data }) => {
          if (typeof data === 'string' && data.includes('"points":[{')) watch.pointsAtMs = performance.now();
        });
      }
    };
  });
}

/**
 * Milliseconds from the last input of `act` to the end of the last frame in which what `selector` names was drawn
 * anew: a first drawing with old figures does not count. Throws where nothing is drawn anew.
 */
export async function timeToRedraw(
  page: Page,
  selector: string,
  act: () => Promise<unknown>,
): Promise<number> {
  await page.evaluate(watchDrawing, selector);
  await act();
  return page.evaluate(
    ({ quietMs, longestMs }) =>
      new Promise<number>((resolve, reject) => {
        const watch = (globalThis as unknown as Watched).redrawWatch;
        const giveUpAtMs = performance.now() + longestMs;
        const look = (): void => {
          const last = watch.redraws.findLast((one) => one.atMs >= watch.inputAtMs);
          const sinceMs = performance.now() - Math.max(last?.atMs ?? 0, watch.inputAtMs);
          if (last !== undefined && sinceMs > quietMs) resolve(last.atMs - watch.inputAtMs);
          else if (performance.now() > giveUpAtMs) reject(new Error('nothing was drawn anew'));
          else setTimeout(look, 20);
        };
        look();
      }),
    { quietMs: QUIET_MS, longestMs: LONGEST_WAIT_MS },
  );
}

/** Milliseconds from the arrival of points to the end of the frame that shows them, for `count` drawings. */
export async function timesOfAppends(page: Page, selector: string, count: number): Promise<number[]> {
  await page.evaluate(watchDrawing, selector);
  return page.evaluate(
    ({ wanted, longestMs }) =>
      new Promise<number[]>((resolve, reject) => {
        const watch = (globalThis as unknown as Watched).redrawWatch;
        const giveUpAtMs = performance.now() + longestMs * 4;
        const look = (): void => {
          // Of several drawings after one arrival the last is the finished one.
          const byArrival = new Map(
            watch.redraws
              .filter((one) => Number.isFinite(one.pointsAtMs))
              .map((one) => [one.pointsAtMs, one.atMs - one.pointsAtMs]),
          );
          if (byArrival.size > wanted) resolve([...byArrival.values()].slice(0, wanted));
          else if (performance.now() > giveUpAtMs) reject(new Error('no points were drawn'));
          else setTimeout(look, 50);
        };
        look();
      }),
    { wanted: count, longestMs: LONGEST_WAIT_MS },
  );
}

/** Runs in the page: notes the end of each frame that changed the drawing. */
function watchDrawing(selector: string): void {
  const drawing = document.querySelector(selector);
  if (drawing === null) throw new Error(`no ${selector}`);
  const watch = (globalThis as unknown as Watched).redrawWatch;
  watch.redraws = [];
  watch.inputAtMs = Number.NaN;
  let isNoted = false;
  new MutationObserver(() => {
    if (isNoted) return;
    isNoted = true;
    const { pointsAtMs } = watch;
    // The callback runs before the frame is drawn, a timer set in it after.
    requestAnimationFrame(() => {
      setTimeout(() => {
        isNoted = false;
        watch.redraws.push({ atMs: performance.now(), pointsAtMs });
      });
    });
  }).observe(drawing, { subtree: true, childList: true, attributes: true, characterData: true });
}
