import { useEffect, useEffectEvent, useRef } from 'react';

import { useNavigate } from 'react-router';

import { openPalette } from './palette.tsx';
import { SCREENS } from './screens.ts';

/** After `g` the letter of a screen must follow within this time. */
const CHORD_MS = 1000;

/** A layer above the page has the keyboard to itself, so that Esc has one layer to close. */
const layerIsOpen = (): boolean => document.querySelector('[role="dialog"], [role="menu"]') !== null;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

/** The keys of the frame: Ctrl-K, `?`, and `g` with the letter of a screen. */
export function useShortcuts(onKeys: () => void): void {
  const navigate = useNavigate();
  const chordAtMs = useRef(-Infinity);
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.isComposing || layerIsOpen()) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === '?') {
      event.preventDefault();
      onKeys();
      return;
    }
    const screen = SCREENS.find((one) => one.key === event.key);
    if (screen !== undefined && event.timeStamp - chordAtMs.current < CHORD_MS) void navigate(screen.path);
    chordAtMs.current = event.key === 'g' ? event.timeStamp : -Infinity;
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKeyDown(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
