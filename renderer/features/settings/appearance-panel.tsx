import { SegmentedControl } from '@mantine/core';
import type { ReactElement } from 'react';

import { LANGUAGES } from '../../i18n/i18n.ts';
import { useWords } from '../../i18n/use-words.ts';
import { THEME_CHOICES, usePreferences } from '../../state/preferences.ts';
import { Panel } from '../../ui/panel.tsx';
import { SettingRow } from './setting-row.tsx';

/** Each language is named in itself: who cannot read the present one finds the other. */
const LANGUAGE_NAMES = { 'zh-CN': '中文', en: 'English' } as const;

export function AppearancePanel(): ReactElement {
  const words = useWords('settings');
  const { language, theme, setLanguage, setTheme } = usePreferences();
  return (
    <Panel title={words('section.appearance')}>
      <SettingRow name={words('appearance.language')} hint={words('appearance.languageHint')}>
        <SegmentedControl
          aria-label={words('appearance.language')}
          value={language}
          onChange={setLanguage}
          data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
        />
      </SettingRow>
      <SettingRow name={words('appearance.theme')} hint={words('appearance.themeHint')}>
        <SegmentedControl
          aria-label={words('appearance.theme')}
          value={theme}
          onChange={setTheme}
          data={THEME_CHOICES.map((value) => ({ value, label: words(`appearance.themes.${value}`) }))}
        />
      </SettingRow>
    </Panel>
  );
}
