import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { Link } from 'react-router';

import { useWords } from '../../i18n/use-words.ts';
import { Panel } from '../../ui/panel.tsx';
import type { NextStep } from './next-step.ts';

const pathOf = (step: NextStep): string => {
  switch (step.kind) {
    case 'import':
      return '/datasets';
    case 'model':
      return '/models?tab=get';
    case 'train':
      return '/new';
    case 'watch':
    case 'resume':
    case 'result':
      return `/runs/${step.run.id}`;
  }
};

export function NextStepPanel({ step }: Readonly<{ step: NextStep }>): ReactElement {
  const words = useWords('home');
  const values = 'run' in step ? { name: step.run.name, step: step.run.step } : {};
  const attention = step.kind === 'result' ? step.run.attention : undefined;
  const why =
    attention === undefined
      ? words(`next.${step.kind}.why`, values)
      : words('next.resultWorse', { ...values, attention: words(`common:attention.${attention}`) });
  return (
    <Panel>
      <Group justify="space-between" wrap="nowrap" gap="lg" pt={4}>
        <Stack gap={2} miw={0}>
          <Text fz="xs" c="dimmed" fw={600}>
            {words('next.title')}
          </Text>
          <Title order={2}>{words(`next.${step.kind}.what`, values)}</Title>
          <Text c="dimmed">{why}</Text>
        </Stack>
        <Button
          component={Link}
          to={pathOf(step)}
          size="md"
          style={{ flex: 'none' }}
          rightSection={<IconArrowRight size={16} aria-hidden />}
        >
          {words(`next.${step.kind}.do`)}
        </Button>
      </Group>
    </Panel>
  );
}
