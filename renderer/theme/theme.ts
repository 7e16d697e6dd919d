import {
  createTheme,
  defaultVariantColorsResolver,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type MantineThemeOverride,
  type VariantColorsResolver,
} from '@mantine/core';

import { DARK, LIGHT, type Tokens } from './tokens.ts';

const accent: MantineColorsTuple = [
  '#e6f3f2',
  '#cbe4e2',
  '#9accc9',
  '#69b3b1',
  '#429d9c',
  '#258786',
  '#157477',
  '#0d666b',
  '#0a5257',
  '#073e42',
];

const warmGrey: MantineColorsTuple = [
  '#f9f7f4',
  '#f2efe9',
  '#e8e4dc',
  '#dcd7cd',
  '#c9c3b8',
  '#a8a196',
  '#7d766b',
  '#625c53',
  '#423e38',
  '#23211d',
];

const warmDark: MantineColorsTuple = [
  '#ece8e1',
  '#cdc7bd',
  '#aca59a',
  '#7d776d',
  '#55514a',
  '#3c3934',
  '#2b2926',
  '#22211e',
  '#191816',
  '#121110',
];

const UI_FONTS =
  "system-ui, 'Segoe UI', Roboto, 'Noto Sans SC', 'Noto Sans CJK SC', 'Microsoft YaHei UI', 'PingFang SC', sans-serif";
/** CJK at double width where such a font is there. */
const MONO_FONTS =
  "'Sarasa Mono SC', ui-monospace, 'Cascadia Mono', Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', 'Noto Sans SC', monospace";

/** Small is the studio's normal size: rows of figures are read side by side. */
const SMALL = { defaultProps: { size: 'sm' } } as const;

/** The button that moves work forward keeps its contrast in both themes. */
const variantColors: VariantColorsResolver = (input) => {
  const resolved = defaultVariantColorsResolver(input);
  const primary = input.color === undefined || input.color === 'accent';
  if (input.variant !== 'filled' || !primary) return resolved;
  return {
    ...resolved,
    background: 'var(--le-accent)',
    hover: 'color-mix(in srgb, var(--le-accent) 85%, var(--le-ink))',
    color: 'var(--le-on-accent)',
  };
};

export const theme: MantineThemeOverride = createTheme({
  colors: { accent, gray: warmGrey, dark: warmDark },
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 3 },
  variantColorResolver: variantColors,
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: 6,
  cursorType: 'pointer',
  fontFamily: UI_FONTS,
  fontFamilyMonospace: MONO_FONTS,
  fontSizes: { xs: '12px', sm: '13px', md: '15px', lg: '18px', xl: '24px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  respectReducedMotion: true,
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '24px', lineHeight: '1.35' },
      h2: { fontSize: '18px', lineHeight: '1.4' },
      h3: { fontSize: '15px', lineHeight: '1.45' },
    },
  },
  components: {
    Button: SMALL,
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    TextInput: SMALL,
    NumberInput: SMALL,
    Select: SMALL,
    MultiSelect: SMALL,
    Textarea: SMALL,
    Checkbox: SMALL,
    Switch: SMALL,
    Text: SMALL,
    Anchor: SMALL,
    Table: { defaultProps: { fz: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 300, transitionProps: { duration: 100 } } },
    Modal: { defaultProps: { transitionProps: { duration: 120 } } },
    Drawer: { defaultProps: { transitionProps: { duration: 120 } } },
    // The first item takes the focus; a placeholder for it would be no child that a menu may have.
    Menu: { defaultProps: { transitionProps: { duration: 100 }, withInitialFocusPlaceholder: false } },
  },
});

const variablesOf = (tokens: Tokens): Record<string, string> => ({
  '--mantine-color-body': tokens.surface,
  '--mantine-color-text': tokens.ink,
  '--mantine-color-dimmed': tokens.dimmed,
  '--mantine-color-placeholder': tokens.dimmed,
  '--mantine-color-default': tokens.raised,
  '--mantine-color-default-border': tokens.line,
  '--mantine-color-error': tokens.red,
  '--mantine-color-anchor': tokens.accent,
  '--le-surface': tokens.surface,
  '--le-panel': tokens.panel,
  '--le-raised': tokens.raised,
  '--le-ink': tokens.ink,
  '--le-dimmed': tokens.dimmed,
  '--le-line': tokens.line,
  '--le-accent': tokens.accent,
  '--le-on-accent': tokens.onAccent,
  '--le-accent-soft': tokens.accentSoft,
  '--le-amber': tokens.amber,
  '--le-amber-soft': tokens.amberSoft,
  '--le-red': tokens.red,
  '--le-red-soft': tokens.redSoft,
  '--le-green': tokens.green,
  '--le-green-soft': tokens.greenSoft,
});

/** The tokens as CSS variables: `var(--le-panel)`, `var(--le-amber)` … */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: variablesOf(LIGHT),
  dark: variablesOf(DARK),
});
