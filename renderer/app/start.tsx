import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import '../theme/base.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { studio } from '../api/studio-client.ts';
import { App } from './app.tsx';
import { createRouter, fetchScreensWhenIdle } from './router.tsx';
import { startI18n } from '../i18n/i18n.ts';
import { usePreferences } from '../state/preferences.ts';

startI18n(usePreferences.getState().language);
studio.start();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has a #root');
createRoot(root).render(
  <StrictMode>
    <App router={createRouter()} />
  </StrictMode>,
);
fetchScreensWhenIdle();
