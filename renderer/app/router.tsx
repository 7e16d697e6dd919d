import type { ReactElement } from 'react';
import { createHashRouter } from 'react-router';

import { ChatScreen } from '../features/chat/index.ts';
import { DatasetScreen, DatasetsScreen } from '../features/datasets/index.ts';
import { HomeScreen } from '../features/home/index.ts';
import { NewRunScreen } from '../features/new-run/index.ts';
import { RunScreen } from '../features/run/index.ts';
import { RunsScreen } from '../features/runs/index.ts';
import { MissingScreen } from './missing-screen.tsx';
import { ScreenFault } from './screen-fault.tsx';
import { Shell } from './shell.tsx';

const fault: ReactElement = <ScreenFault />;

export type StudioRouter = ReturnType<typeof createHashRouter>;

/** One entry a screen; a fault of one leaves the frame standing. Made once the token is out of the address. */
export const createRouter = (): StudioRouter =>
  createHashRouter([
    {
      element: <Shell />,
      errorElement: fault,
      children: [
        { path: '/', element: <HomeScreen />, errorElement: fault },
        { path: '/datasets', element: <DatasetsScreen />, errorElement: fault },
        { path: '/datasets/:id', element: <DatasetScreen />, errorElement: fault },
        { path: '/new', element: <NewRunScreen />, errorElement: fault },
        { path: '/runs', element: <RunsScreen />, errorElement: fault },
        { path: '/runs/:id', element: <RunScreen />, errorElement: fault },
        { path: '/chat', element: <ChatScreen />, errorElement: fault },
        { path: '*', element: <MissingScreen /> },
      ],
    },
  ]);
