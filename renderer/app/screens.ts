import {
  IconBox,
  IconCloudUpload,
  IconDatabase,
  IconHistory,
  IconHome,
  IconMessages,
  IconPlayerPlay,
  IconSettings,
  IconTerminal2,
  type Icon,
} from '@tabler/icons-react';

/** A place of the rail. */
export type Screen = Readonly<{
  /** Key of its name: `common:rail.<id>`. */
  id: 'home' | 'datasets' | 'models' | 'new' | 'runs' | 'chat' | 'release' | 'terminal' | 'settings';
  path: string;
  icon: Icon;
  /** Pressed after `g`. */
  key: string;
}>;

/** In the order of the rail; only screens that exist. */
export const SCREENS: readonly Screen[] = [
  { id: 'home', path: '/', icon: IconHome, key: 'h' },
  { id: 'datasets', path: '/datasets', icon: IconDatabase, key: 'd' },
  { id: 'models', path: '/models', icon: IconBox, key: 'm' },
  { id: 'new', path: '/new', icon: IconPlayerPlay, key: 'n' },
  { id: 'runs', path: '/runs', icon: IconHistory, key: 'r' },
  { id: 'chat', path: '/chat', icon: IconMessages, key: 'c' },
  { id: 'release', path: '/release', icon: IconCloudUpload, key: 'e' },
  { id: 'terminal', path: '/terminal', icon: IconTerminal2, key: 't' },
  { id: 'settings', path: '/settings', icon: IconSettings, key: 's' },
];
