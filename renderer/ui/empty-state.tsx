import { Center, Stack, Text } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';

export type EmptyStateProps = Readonly<{
  icon: ReactNode;
  /** What will be here, in one sentence. */
  sentence: string;
  /** The one button that fills it. */
  action?: ReactNode;
}>;

export function EmptyState({ icon, sentence, action }: EmptyStateProps): ReactElement {
  return (
    <Center mih={200} p="lg">
      <Stack align="center" gap="sm" maw={460}>
        <span aria-hidden style={{ color: 'var(--le-dimmed)', lineHeight: 0 }}>
          {icon}
        </span>
        <Text ta="center" c="dimmed" fz="md">
          {sentence}
        </Text>
        {action}
      </Stack>
    </Center>
  );
}
