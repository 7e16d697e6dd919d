import { Center, Stack, Title } from '@mantine/core';
import type { ReactElement } from 'react';

import { ErrorNote } from '../ui/error-note.tsx';

/** In place of the studio where the server does not take this browser. */
export function SignedOut({ error }: Readonly<{ error: unknown }>): ReactElement {
  return (
    <Center component="main" h="100%" p="lg">
      <Stack maw={520}>
        <Title order={1}>Legal Eagle Studio</Title>
        <ErrorNote error={error} onRetry={() => window.location.reload()} />
      </Stack>
    </Center>
  );
}
