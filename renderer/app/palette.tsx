import { Spotlight, spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import { useDebouncedValue } from '@mantine/hooks';
import {
  IconBell,
  IconBellOff,
  IconBox,
  IconCpu2,
  IconDatabase,
  IconDownload,
  IconHistory,
  IconKeyboard,
  IconLanguage,
  IconMoon,
  IconSearch,
} from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { useNavigate } from 'react-router';

import { useCall } from '../api/hooks.ts';
import { useWords } from '../i18n/use-words.ts';
import { usePreferences } from '../state/preferences.ts';
import { nextTheme, otherLanguage } from './appearance.ts';
import { askToNotify } from '../state/ask-to-notify.ts';
import { useGpuDrawer } from './gpu-drawer-state.ts';
import { SCREENS } from './screens.ts';

const PAUSE_MS = 120;
const MOST_FOUND = 12;
const ICON = { size: 18, stroke: 1.75, 'aria-hidden': true } as const;

export type PaletteProps = Readonly<{ onKeys: () => void }>;

/** Every action, screen, run, dataset and model, by typing. */
export function Palette({ onKeys }: PaletteProps): ReactElement {
  const words = useWords('common');
  const navigate = useNavigate();
  const { language, theme, notify, setLanguage, setTheme, setNotify } = usePreferences();
  const openGpus = useGpuDrawer((state) => state.open);
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState('');
  const [search] = useDebouncedValue(query.trim().slice(0, 200), PAUSE_MS);
  const input = open ? { search, limit: MOST_FOUND } : undefined;
  const runs = useCall('runs.list', input, { keepPrevious: true });
  const datasets = useCall('datasets.list', input, { keepPrevious: true });
  const models = useCall('models.list', input, { keepPrevious: true });
  const go = (path: string): void => void navigate(path);

  const groups: SpotlightActionGroupData[] = [
    {
      group: words('palette.go'),
      actions: SCREENS.map((screen) => ({
        id: screen.id,
        label: words(`rail.${screen.id}`),
        leftSection: <screen.icon {...ICON} />,
        onClick: () => go(screen.path),
      })),
    },
    {
      group: words('palette.actions'),
      actions: [
        {
          id: 'getModel',
          label: words('models:get.button'),
          leftSection: <IconDownload {...ICON} />,
          onClick: () => go('/models?tab=get'),
        },
        {
          id: 'language',
          label: words('palette.language'),
          leftSection: <IconLanguage {...ICON} />,
          onClick: () => setLanguage(otherLanguage(language)),
        },
        {
          id: 'theme',
          label: words('palette.theme'),
          leftSection: <IconMoon {...ICON} />,
          onClick: () => setTheme(nextTheme(theme)),
        },
        {
          id: 'gpu',
          label: words('gpu:open'),
          leftSection: <IconCpu2 {...ICON} />,
          onClick: openGpus,
        },
        {
          id: 'notify',
          label: words(notify ? 'palette.notifyOff' : 'palette.notify'),
          leftSection: notify ? <IconBellOff {...ICON} /> : <IconBell {...ICON} />,
          onClick: () => {
            if (notify) setNotify(false);
            else void askToNotify().then(setNotify);
          },
        },
        {
          id: 'keys',
          label: words('palette.keys'),
          leftSection: <IconKeyboard {...ICON} />,
          onClick: onKeys,
        },
      ],
    },
    {
      group: words('palette.runs'),
      actions: (runs.data?.items ?? []).map((run) => ({
        id: run.id,
        label: run.name,
        description: `${words(`state.${run.state}`)} · ${run.modelName} · ${run.datasetName}`,
        leftSection: <IconHistory {...ICON} />,
        onClick: () => go(`/runs/${run.id}`),
      })),
    },
    {
      group: words('palette.datasets'),
      actions: (datasets.data?.items ?? []).map((dataset) => ({
        id: dataset.id,
        label: dataset.name,
        leftSection: <IconDatabase {...ICON} />,
        onClick: () => go(`/datasets/${dataset.id}`),
      })),
    },
    {
      group: words('palette.models'),
      actions: (models.data?.items ?? []).map((model) => ({
        // The adapter of a run has the run's id.
        id: `model-${model.id}`,
        label: model.name,
        description: words(`models:kind.${model.kind}`),
        leftSection: <IconBox {...ICON} />,
        onClick: () => go(`/models?model=${model.id}`),
      })),
    },
  ];

  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)}
      query={query}
      onQueryChange={setQuery}
      onSpotlightOpen={() => setOpen(true)}
      onSpotlightClose={() => {
        setOpen(false);
        setQuery('');
      }}
      // The frame listens itself, so that the palette never opens over another layer.
      shortcut={null}
      // Names the dialog; the search field says the same to the eye.
      title={words('bar.palette')}
      styles={{ header: { display: 'none' } }}
      overlayProps={{ blur: 0, backgroundOpacity: 0.45 }}
      nothingFound={words('palette.nothing')}
      transitionProps={{ duration: 100 }}
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch {...ICON} />,
        placeholder: words('palette.placeholder'),
        'aria-label': words('palette.placeholder'),
      }}
    />
  );
}

export const openPalette = (): void => spotlight.open();
