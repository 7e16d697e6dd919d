import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect, type ReactElement } from 'react';
import { RouterProvider } from 'react-router/dom';

import { useConnection } from '../api/hooks.ts';
import { queryClient } from '../api/query-client.ts';
import { switchLanguage } from '../i18n/i18n.ts';
import { usePreferences } from '../state/preferences.ts';
import { cssVariables, theme } from '../theme/theme.ts';
import type { StudioRouter } from './router.tsx';
import { SignedOut } from './signed-out.tsx';

/** Every provider, in one place; the theme is chosen by the person, the rest by nobody. */
export function App({ router }: Readonly<{ router: StudioRouter }>): ReactElement {
  const { language, theme: choice } = usePreferences();
  useEffect(() => void switchLanguage(language), [language]);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      {...(choice === 'system' ? {} : { forceColorScheme: choice })}
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="top-right" />
        <Screens router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Screens({ router }: Readonly<{ router: StudioRouter }>): ReactElement {
  const connection = useConnection();
  if (connection.state === 'refused') return <SignedOut error={connection.error} />;
  return <RouterProvider router={router} />;
}
