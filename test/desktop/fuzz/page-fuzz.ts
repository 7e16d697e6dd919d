/** Loaded into the page: floods the far end of the next port that the shell sends, as a script that got into the page could. */
import { answersOwed, hostileFrames, type FrameOptions } from '../../helpers/hostile-frames.ts';

export type PortFuzz = Readonly<{
  sent: number;
  /** Values that the engine itself does not send. */
  unsendable: number;
  /** Answers that the far end owes for what was sent. */
  owed: Readonly<{ least: number; most: number }>;
  /** Answers by their code; `ok` for those that were answered. */
  answers: Readonly<Record<string, number>>;
}>;

type PageWindow = Readonly<{ nextPort: () => Promise<MessagePort> }>;
type Answer = Readonly<{ k: string; id: number; ok?: boolean; error?: Readonly<{ code: string }> }>;

/** Frames between two questions that must be answered: the far end is asked for its health all the time. */
const BURST = 100;
const PAUSE_MS = 100;
const MOST_PAUSES = 300;
/** Above every number of the frames. */
const FIRST_OWN_ID = 2 ** 52;

async function floodPort(options: FrameOptions): Promise<PortFuzz> {
  const port = await (window as unknown as PageWindow).nextPort();
  const answers: Record<string, number> = {};
  const owed = { least: 0, most: 0 };
  let answered = 0;
  const waiting = new Map<number, () => void>();
  port.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
    if (data.k !== 'res') return;
    waiting.get(data.id)?.();
    if (waiting.delete(data.id)) return;
    const code = data.ok === true ? 'ok' : (data.error?.code ?? 'no code');
    answers[code] = (answers[code] ?? 0) + 1;
    answered += 1;
  });
  port.start();
  const frames = hostileFrames(options);
  let sent = 0;
  for (let at = 0; at < frames.length; at += BURST) {
    for (const frame of frames.slice(at, at + BURST)) {
      try {
        port.postMessage(frame);
        sent += 1;
        const { least, most } = answersOwed(frame);
        owed.least += least;
        owed.most += most;
      } catch {
        // Not counted as sent.
      }
    }
    const id = FIRST_OWN_ID + at;
    await new Promise<void>((resolve) => {
      waiting.set(id, resolve);
      port.postMessage({ k: 'req', id, method: 'app.info', params: {} });
    });
  }
  // Methods that look something up may answer after the question behind them.
  for (let pause = 0; pause < MOST_PAUSES && answered < owed.least; pause++)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  port.close();
  return { sent, unsendable: frames.length - sent, owed, answers };
}

(window as unknown as { floodPort: typeof floodPort }).floodPort = floodPort;
