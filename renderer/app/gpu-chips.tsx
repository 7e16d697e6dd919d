import { UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconCpu2 } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { GpuCard, GpuReport } from '../../electron/shared/contract/methods/gpu.ts';
import { useCall } from '../api/hooks.ts';
import { cardGigabytes, formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/use-words.ts';
import { Quantity } from '../ui/quantity.tsx';
import classes from './gpu-chips.module.css';
import { GpuDrawer } from './gpu-drawer.tsx';
import { useGpuDrawer } from './gpu-drawer-state.ts';

const REFRESH_MS = 5000;
/** More would push the rest of the bar away; the drawer shows them all. */
const MOST_CHIPS = 2;

/** Memory and temperature of the first cards, or why there is none; opens the telemetry drawer. */
export function GpuChips(): ReactElement {
  const words = useWords('gpu');
  const report = useCall('gpu.list', {}, { refetchIntervalMs: REFRESH_MS });
  const { opened, open } = useGpuDrawer();
  return (
    <>
      {report.data !== undefined && (
        <UnstyledButton
          className={classes['chips'] ?? ''}
          title={words('open')}
          aria-haspopup="dialog"
          aria-expanded={opened}
          onClick={open}
        >
          <Sign report={report.data} />
        </UnstyledButton>
      )}
      <GpuDrawer />
    </>
  );
}

function Sign({ report }: Readonly<{ report: GpuReport }>): ReactElement {
  const words = useWords('gpu');
  const { state, cards } = report;
  if (state === 'failed') {
    return (
      <span className={classes['chip']} data-tone="red">
        <IconAlertTriangle size={14} aria-hidden />
        <span>{words('failed')}</span>
      </span>
    );
  }
  if (cards.length === 0) {
    return (
      <span className={classes['chip']} data-tone="dimmed">
        <IconCpu2 size={14} aria-hidden />
        <span>{words('none')}</span>
      </span>
    );
  }
  return (
    <>
      {cards.slice(0, MOST_CHIPS).map((card, at) => (
        <Chip key={card.uuid} card={card} isFirst={at === 0} />
      ))}
      <More count={cards.length - MOST_CHIPS} room="wide" />
      <More count={cards.length - 1} room="narrow" />
    </>
  );
}

/** How many cards the bar has no room for. */
function More({
  count,
  room,
}: Readonly<{ count: number; room: 'wide' | 'narrow' }>): ReactElement | undefined {
  if (count <= 0) return undefined;
  return (
    <span className={classes['more']} data-room={room}>
      {`+${String(count)}`}
    </span>
  );
}

function Chip({ card, isFirst }: Readonly<{ card: GpuCard; isFirst: boolean }>): ReactElement {
  return (
    <span className={classes['chip']} data-first={isFirst || undefined}>
      <span>{`GPU${String(card.index)}`}</span>
      {card.memoryTotalBytes !== undefined && (
        <Quantity
          value={`${cardGigabytes(card.memoryUsedBytes ?? 0)}/${formatNumber(card.memoryTotalBytes / 2 ** 30)}`}
          unit="GB"
        />
      )}
      {card.temperatureCelsius !== undefined && (
        <span className={classes['temperature']}>
          <Quantity value={formatNumber(card.temperatureCelsius)} unit="°C" />
        </span>
      )}
    </span>
  );
}
