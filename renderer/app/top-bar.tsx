import { ActionIcon, Button, Group, Kbd, Text } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { IconDeviceDesktop, IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { useWords } from '../i18n/use-words.ts';
import { usePreferences } from '../state/preferences.ts';
import { nextTheme, otherLanguage } from './appearance.ts';
import { ConnectionSign } from './connection-sign.tsx';
import { GpuChips } from './gpu-chips.tsx';
import classes from './top-bar.module.css';

const THEME_ICONS = { system: IconDeviceDesktop, light: IconSun, dark: IconMoon } as const;

export function TopBar(): ReactElement {
  const words = useWords('common');
  const { language, theme, setLanguage, setTheme } = usePreferences();
  const ThemeIcon = THEME_ICONS[theme];
  const target = otherLanguage(language);
  return (
    <header className={classes['bar']}>
      <Text component="span" fw={600} fz="md">
        Legal Eagle Studio
      </Text>
      <Group gap="xs" wrap="nowrap">
        <ConnectionSign />
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconSearch size={14} aria-hidden />}
          rightSection={<Kbd size="xs">Ctrl K</Kbd>}
          onClick={() => spotlight.open()}
        >
          {words('bar.palette')}
        </Button>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          lang={target}
          aria-label={words('bar.language')}
          onClick={() => setLanguage(target)}
          c="var(--le-ink)"
        >
          {words('bar.languageShort')}
        </Button>
        <ActionIcon
          aria-label={words('bar.theme', { theme: words(`bar.themeName.${theme}`) })}
          title={words('bar.theme', { theme: words(`bar.themeName.${theme}`) })}
          onClick={() => setTheme(nextTheme(theme))}
          c="var(--le-ink)"
        >
          <ThemeIcon size={18} stroke={1.75} aria-hidden />
        </ActionIcon>
        <GpuChips />
      </Group>
    </header>
  );
}
