import type { ReactElement } from 'react';

import { useCall } from '../api/hooks.ts';
import { formatNumber } from '../i18n/format.ts';
import { Quantity } from '../ui/quantity.tsx';
import classes from './gpu-chips.module.css';

const REFRESH_MS = 5000;
const GIGABYTE = 1024 ** 3;
/** More would push the rest of the bar away; Home lists them all. */
const MOST_CHIPS = 2;

/** Memory and temperature of the first cards; nothing on a machine without one. */
export function GpuChips(): ReactElement | null {
  const report = useCall('gpu.list', {}, { refetchIntervalMs: REFRESH_MS });
  const cards = report.data?.cards ?? [];
  if (cards.length === 0) return null;
  return (
    <span className={classes['chips']}>
      {cards.slice(0, MOST_CHIPS).map((card) => (
        <span key={card.uuid} className={classes['chip']} title={card.name}>
          {`GPU${String(card.index)} `}
          {card.memoryTotalBytes !== undefined && (
            <Quantity
              value={`${formatNumber((card.memoryUsedBytes ?? 0) / GIGABYTE, 1)}/${formatNumber(card.memoryTotalBytes / GIGABYTE)}`}
              unit="GB"
            />
          )}
          {card.temperatureCelsius !== undefined && (
            <>
              {' '}
              <Quantity value={formatNumber(card.temperatureCelsius)} unit="°C" />
            </>
          )}
        </span>
      ))}
      {cards.length > MOST_CHIPS && <span>{`+${String(cards.length - MOST_CHIPS)}`}</span>}
    </span>
  );
}
