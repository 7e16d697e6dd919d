import type { TerminalTopicData } from '../../../electron/shared/contract/events.ts';
import type { Emulator } from './emulator.ts';

/** The core is told this often; it holds a program that is 100,000 ahead. */
const ACKNOWLEDGE_EVERY_CHARACTERS = 5000;

export type ScreenFeed = Readonly<{
  take: (data: TerminalTopicData) => void;
  fit: () => void;
  /** A snapshot is on its way to the screen, which has the core's size until it is there. */
  readonly isDrawing: boolean;
}>;

/** Brings a terminal's events to the screen and says how far they are shown. */
export function createScreenFeed(
  emulator: Pick<Emulator, 'fit' | 'reset' | 'write'>,
  acknowledge: (through: number) => void,
): ScreenFeed {
  let acknowledged = 0;
  let drawing = 0;
  const shown = (through: number): void => {
    if (through - acknowledged < ACKNOWLEDGE_EVERY_CHARACTERS) return;
    acknowledged = through;
    acknowledge(through);
  };
  return {
    get isDrawing() {
      return drawing > 0;
    },
    fit: () => {
      if (drawing === 0) emulator.fit();
    },
    take: (data) => {
      switch (data.kind) {
        case 'snapshot': {
          const { terminal, screen, through } = data;
          drawing += 1;
          emulator.reset(terminal);
          emulator.write(screen, () => {
            drawing -= 1;
            acknowledged = through;
            acknowledge(through);
            if (drawing === 0) emulator.fit();
          });
          return;
        }
        case 'output':
          emulator.write(data.text, () => shown(data.through));
          return;
        case 'closed':
      }
    },
  };
}
