import { Skeleton, Stack } from '@mantine/core';
import { useEffect, useState, type ReactElement } from 'react';

import { useWords } from '../i18n/use-words.ts';

/** An answer that comes sooner must not flicker. */
const PATIENCE_MS = 150;

export type SkeletonsProps = Readonly<{ rows?: number; height?: number }>;

/** Grey rows in the shape of what is being loaded. */
export function Skeletons({ rows = 5, height = 20 }: SkeletonsProps): ReactElement {
  const words = useWords('common');
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setVisible(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Stack gap={12} role="status" aria-label={words('loading')} p="md">
      {visible &&
        Array.from({ length: rows }, (_, row) => (
          <Skeleton key={row} height={height} width={`${100 - ((row * 17) % 40)}%`} animate={false} />
        ))}
    </Stack>
  );
}
