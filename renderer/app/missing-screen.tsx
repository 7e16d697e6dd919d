import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { Link } from 'react-router';

import { useWords } from '../i18n/use-words.ts';
import { EmptyState } from '../ui/empty-state.tsx';

export function MissingScreen(): ReactElement {
  const words = useWords('common');
  return (
    <EmptyState
      icon={<IconMapOff size={40} stroke={1.5} />}
      sentence={words('page.missing')}
      action={
        <Button component={Link} to="/">
          {words('page.home')}
        </Button>
      }
    />
  );
}
