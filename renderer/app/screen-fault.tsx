import { Button, Container } from '@mantine/core';
import type { ReactElement } from 'react';
import { useRouteError } from 'react-router';

import { useWords } from '../i18n/use-words.ts';
import { ErrorNote } from '../ui/error-note.tsx';

/** In place of a screen that threw while it was drawn. */
export function ScreenFault(): ReactElement {
  const words = useWords('common');
  const error = useRouteError();
  return (
    <Container size="sm" py="xl">
      <ErrorNote
        error={error}
        action={
          <Button size="compact-sm" onClick={() => window.location.reload()}>
            {words('page.reload')}
          </Button>
        }
      />
    </Container>
  );
}
