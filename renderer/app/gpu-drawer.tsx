import { Drawer, Stack, Text } from '@mantine/core';
import { IconCpu2, IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { GpuTelemetry } from '../../electron/shared/contract/methods/gpu.ts';
import { useCall } from '../api/hooks.ts';
import { formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/use-words.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorNote } from '../ui/error-note.tsx';
import { Skeletons } from '../ui/skeletons.tsx';
import { GpuCardPanel } from './gpu-card-panel.tsx';
import { useGpuDrawer } from './gpu-drawer-state.ts';

/** While a person watches; the chips ask less often. */
const REFRESH_MS = 2000;
const WIDTH_PX = 440;

/** What every card does now and did in the last minutes, and who holds its memory. */
export function GpuDrawer(): ReactElement {
  const words = useWords('gpu');
  const { opened, close } = useGpuDrawer();
  return (
    <Drawer
      opened={opened}
      onClose={close}
      position="right"
      size={WIDTH_PX}
      title={words('title')}
      closeButtonProps={{ 'aria-label': words('close') }}
      styles={{ title: { fontWeight: 600, fontSize: 15 }, content: { background: 'var(--le-surface)' } }}
    >
      <Telemetry />
    </Drawer>
  );
}

function Telemetry(): ReactElement {
  const words = useWords('gpu');
  const telemetry = useCall('gpu.telemetry', {}, { refetchIntervalMs: REFRESH_MS });
  const retry = (): void => void telemetry.refetch();
  if (telemetry.data === undefined) {
    return telemetry.error === null ? (
      <Skeletons rows={8} />
    ) : (
      <ErrorNote error={telemetry.error} onRetry={retry} />
    );
  }
  const { report } = telemetry.data;
  if (report.state === 'failed') {
    return (
      <ErrorNote
        error={report.error ?? { code: 'gpu.driver_failed', params: { reason: '' } }}
        onRetry={retry}
      />
    );
  }
  if (report.state === 'none') {
    return <EmptyState icon={<IconPlugConnectedX size={36} stroke={1.5} />} sentence={words('noProgram')} />;
  }
  if (report.cards.length === 0) {
    return <EmptyState icon={<IconCpu2 size={36} stroke={1.5} />} sentence={words('noCard')} />;
  }
  return (
    <Stack gap="sm">
      {telemetry.error !== null && <ErrorNote error={telemetry.error} onRetry={retry} />}
      {report.cards.map((card) => (
        <GpuCardPanel key={card.uuid} card={card} telemetry={telemetry.data} />
      ))}
      <Text fz="xs" c="dimmed">
        {footOf(telemetry.data, words)}
      </Text>
    </Stack>
  );
}

function footOf({ report, windowMs }: GpuTelemetry, words: ReturnType<typeof useWords>): string {
  const minutes = formatNumber(windowMs / 60_000);
  const seconds = formatNumber(REFRESH_MS / 1000);
  return report.driverVersion === undefined
    ? words('foot', { minutes, seconds })
    : words('footDriver', { minutes, seconds, driver: report.driverVersion });
}
