import type { ComponentType, ReactElement } from 'react';
import { createHashRouter, type RouteObject } from 'react-router';

import { Skeletons } from '../ui/skeletons.tsx';
import { MissingScreen } from './missing-screen.tsx';
import { ScreenFault } from './screen-fault.tsx';
import { Shell } from './shell.tsx';

const fault: ReactElement = <ScreenFault />;
const waiting: ReactElement = <Skeletons rows={9} height={28} />;

type Load = () => Promise<ComponentType>;

/** The screens, each in a file of its own: the first page comes without the others' code. */
const SCREENS: Readonly<Record<string, Load>> = {
  '/': async () => (await import('../features/home/index.ts')).HomeScreen,
  '/datasets': async () => (await import('../features/datasets/index.ts')).DatasetsScreen,
  '/datasets/:id': async () => (await import('../features/datasets/index.ts')).DatasetScreen,
  '/models': async () => (await import('../features/models/index.ts')).ModelsScreen,
  '/new': async () => (await import('../features/new-run/index.ts')).NewRunScreen,
  '/runs': async () => (await import('../features/runs/index.ts')).RunsScreen,
  '/runs/:id': async () => (await import('../features/run/index.ts')).RunScreen,
  '/chat': async () => (await import('../features/chat/index.ts')).ChatScreen,
  '/release': async () => (await import('../features/release/index.ts')).ReleaseScreen,
  '/terminal': async () => (await import('../features/terminal/index.ts')).TerminalScreen,
  '/settings': async () => (await import('../features/settings/index.ts')).SettingsScreen,
};

const toRoute = ([path, load]: readonly [string, Load]): RouteObject => ({
  path,
  lazy: async () => ({ Component: await load() }),
  // Only for the first page: on the way to another one the old one stands until the new one is there.
  hydrateFallbackElement: waiting,
  errorElement: fault,
});

export type StudioRouter = ReturnType<typeof createHashRouter>;

/** One entry a screen; a fault of one leaves the frame standing. Made once the token is out of the address. */
export const createRouter = (): StudioRouter =>
  createHashRouter([
    {
      element: <Shell />,
      errorElement: fault,
      children: [...Object.entries(SCREENS).map(toRoute), { path: '*', element: <MissingScreen /> }],
    },
  ]);

/** Fetches the code of every screen when the page has nothing else to do, so that no click waits for it. */
export function fetchScreensWhenIdle(): void {
  window.requestIdleCallback(() => {
    // One that fails now is fetched again, and said, when it is opened.
    for (const load of Object.values(SCREENS)) load().catch(() => undefined);
  });
}
