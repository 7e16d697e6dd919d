import type { ITheme } from '@xterm/xterm';

/** Sixteen colours that keep 4.5 : 1 against the panel of their theme; dark greys excepted, as everywhere. */
const LIGHT: ITheme = {
  background: '#fdfcfa',
  foreground: '#23211d',
  cursor: '#0d666b',
  cursorAccent: '#fdfcfa',
  selectionBackground: '#cbe4e2',
  black: '#23211d',
  red: '#ac2318',
  green: '#1c6a3e',
  yellow: '#855000',
  blue: '#005a9c',
  magenta: '#8b2f6b',
  cyan: '#0d666b',
  white: '#625c53',
  brightBlack: '#6f685e',
  brightRed: '#b8321f',
  brightGreen: '#24733f',
  brightYellow: '#8a5a00',
  brightBlue: '#1f6aa8',
  brightMagenta: '#a3417e',
  brightCyan: '#157477',
  brightWhite: '#423e38',
};

const DARK: ITheme = {
  background: '#22211e',
  foreground: '#ece8e1',
  cursor: '#56bdbc',
  cursorAccent: '#22211e',
  selectionBackground: '#2b5657',
  black: '#3c3934',
  red: '#f38d83',
  green: '#81c99b',
  yellow: '#e3b055',
  blue: '#7fb2ff',
  magenta: '#e08fbf',
  cyan: '#56bdbc',
  white: '#cdc7bd',
  brightBlack: '#968f84',
  brightRed: '#ffa79f',
  brightGreen: '#9bdcb2',
  brightYellow: '#f2c979',
  brightBlue: '#a3c8ff',
  brightMagenta: '#f0acd2',
  brightCyan: '#7fd6d4',
  brightWhite: '#ffffff',
};

export const terminalColours = (scheme: 'light' | 'dark'): ITheme => (scheme === 'dark' ? DARK : LIGHT);
