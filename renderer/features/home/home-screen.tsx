import { Container, Title } from '@mantine/core';
import type { ReactElement } from 'react';

import { useWords } from '../../i18n/use-words.ts';

export function HomeScreen(): ReactElement {
  const words = useWords('common');
  return (
    <Container fluid p="lg">
      <Title order={1}>{words('rail.home')}</Title>
    </Container>
  );
}
