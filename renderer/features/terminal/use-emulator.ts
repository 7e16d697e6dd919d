import { useEffect, useEffectEvent, useRef, type RefObject } from 'react';

import { useComputedColorScheme } from '@mantine/core';

import { useTopic } from '../../api/hooks.ts';
import { studio } from '../../api/studio-client.ts';
import { useWords } from '../../i18n/use-words.ts';
import { copyText } from '../../ui/copy-text.ts';
import { createEmulator, type Emulator } from './emulator.ts';
import { createScreenFeed, type ScreenFeed } from './screen-feed.ts';
import { inputPieces } from './input-pieces.ts';

export type EmulatorEvents = Readonly<{ onLink: (address: string) => void; onSearch: () => void }>;

/** The tab list, where the keyboard goes when it leaves a terminal. */
const leaveTerminal = (): void => {
  document.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus();
};

/** An emulator in `element` that shows a terminal of the core; returns how to reach it while it stands. */
export function useEmulator(
  element: RefObject<HTMLElement | null>,
  terminalId: string,
  events: EmulatorEvents,
): () => Emulator | undefined {
  const scheme = useComputedColorScheme('light');
  const label = useWords('terminal')('input');
  const emulator = useRef<Emulator>(undefined);
  const feed = useRef<ScreenFeed>(undefined);

  /** A terminal that went meanwhile refuses, and the list says so. */
  const tell = (call: Promise<unknown>): void => void call.catch(() => undefined);
  const start = useEffectEvent((host: HTMLElement) => {
    const made = createEmulator({
      element: host,
      scheme,
      label,
      onInput: (text) => {
        for (const piece of inputPieces(text))
          tell(studio.client.call('terminal.input', { terminalId, text: piece }));
      },
      onResize: ({ columns, rows }) => {
        // The size of a snapshot is the core's own.
        if (feed.current?.isDrawing !== true)
          tell(studio.client.call('terminal.resize', { terminalId, columns, rows }));
      },
      onLink: (address) => events.onLink(address),
      onCopy: (text) => tell(copyText(text)),
      onSearch: () => events.onSearch(),
      onLeave: leaveTerminal,
    });
    emulator.current = made;
    feed.current = createScreenFeed(made, (through) =>
      tell(studio.client.call('terminal.ack', { terminalId, through })),
    );
    return made;
  });

  useEffect(() => {
    const host = element.current;
    if (host === null) return undefined;
    const made = start(host);
    const watching = new ResizeObserver(() => feed.current?.fit());
    watching.observe(host);
    made.focus();
    return () => {
      watching.disconnect();
      feed.current = undefined;
      emulator.current = undefined;
      made.dispose();
    };
  }, [element, terminalId]);

  // After the emulator stands: a snapshot has a screen to go to.
  useTopic(`terminal.${terminalId}`, (data) => feed.current?.take(data));

  useEffect(() => {
    emulator.current?.dress(scheme, label);
  }, [scheme, label]);

  return () => emulator.current;
}
