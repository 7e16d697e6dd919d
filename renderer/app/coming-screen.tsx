import { IconHourglass } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { useWords } from '../i18n/use-words.ts';
import { EmptyState } from '../ui/empty-state.tsx';

export function ComingScreen(): ReactElement {
  const words = useWords('common');
  return <EmptyState icon={<IconHourglass size={40} stroke={1.5} />} sentence={words('page.coming')} />;
}
