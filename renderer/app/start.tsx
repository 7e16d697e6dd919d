import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import '../theme/base.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { desktopBridge, listenToShell } from '../api/desktop-bridge.ts';
import { copyTextNatively } from '../api/desktop-host.ts';
import { studio } from '../api/studio-client.ts';
import { App } from './app.tsx';
import { createRouter, fetchScreensWhenIdle } from './router.tsx';
import { startI18n } from '../i18n/i18n.ts';
import { usePreferences } from '../state/preferences.ts';
import { copyTextWith } from '../ui/copy-text.ts';

const words = startI18n(usePreferences.getState().language);
if (copyTextNatively !== undefined) copyTextWith(copyTextNatively);
studio.start();
const router = createRouter();
// The native menu, the tray and notifications lead to screens.
if (desktopBridge !== undefined) listenToShell({ onShow: (route) => void router.navigate(route) });

await words;
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has a #root');
createRoot(root).render(
  <StrictMode>
    <App router={router} />
  </StrictMode>,
);
fetchScreensWhenIdle();
