/** Colours by meaning, in both themes; text on `surface` and `panel` keeps WCAG AA (4.5 : 1). */
export type Tokens = Readonly<{
  surface: string;
  panel: string;
  raised: string;
  ink: string;
  dimmed: string;
  line: string;
  accent: string;
  onAccent: string;
  accentSoft: string;
  amber: string;
  amberSoft: string;
  red: string;
  redSoft: string;
  green: string;
  greenSoft: string;
}>;

export const LIGHT: Tokens = {
  surface: '#f5f3ee',
  panel: '#fdfcfa',
  raised: '#ffffff',
  ink: '#23211d',
  dimmed: '#625c53',
  line: '#dcd7cd',
  accent: '#0d666b',
  onAccent: '#ffffff',
  accentSoft: '#dcecea',
  amber: '#855000',
  amberSoft: '#f8ead0',
  red: '#ac2318',
  redSoft: '#fae3df',
  green: '#1c6a3e',
  greenSoft: '#dcefe2',
};

export const DARK: Tokens = {
  surface: '#191816',
  panel: '#22211e',
  raised: '#2b2926',
  ink: '#ece8e1',
  dimmed: '#aca59a',
  line: '#3c3934',
  accent: '#56bdbc',
  onAccent: '#0b2526',
  accentSoft: '#183839',
  amber: '#e3b055',
  amberSoft: '#3b2f17',
  red: '#f38d83',
  redSoft: '#46221e',
  green: '#81c99b',
  greenSoft: '#1c3626',
};

/** Okabe–Ito, darkened or lightened where the original fails against the panel. */
const SERIES: Readonly<Record<'light' | 'dark', readonly string[]>> = {
  light: ['#0072b2', '#b85400', '#00795a', '#a3417e', '#8a6d00', '#2b7ea8', '#5b5b5b', '#7a3b00'],
  dark: ['#56b4e9', '#e69f00', '#2fc79a', '#e08fbf', '#f0e442', '#7fb2ff', '#c4c4c4', '#ff9a6b'],
};

/** The colour of a run or a series that keeps it wherever it is drawn. `order` counts from 0. */
export const seriesColour = (order: number, scheme: 'light' | 'dark'): string => {
  const colours = SERIES[scheme];
  return colours[((order % colours.length) + colours.length) % colours.length] ?? '#888888';
};
