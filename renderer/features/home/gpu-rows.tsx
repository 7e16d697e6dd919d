import type { ReactElement } from 'react';

import { describeError } from '../../../electron/shared/contract/errors/index.ts';
import type { GpuCard } from '../../../electron/shared/contract/methods/gpu.ts';
import { useCall } from '../../api/hooks.ts';
import { cardGigabytes, formatNumber } from '../../i18n/format.ts';
import { useErrorLanguage, useWords, type Words } from '../../i18n/use-words.ts';
import { HealthRow } from './health-row.tsx';

/** A person looks for a card's memory to be free again; the driver is asked no oftener. */
const REFRESH_MS = 5000;

const factsOf = (card: GpuCard, words: Words): string =>
  [
    card.memoryTotalBytes === undefined
      ? undefined
      : `${cardGigabytes(card.memoryUsedBytes ?? 0)}/${cardGigabytes(card.memoryTotalBytes)}\u2009GB`,
    card.temperatureCelsius === undefined ? undefined : `${formatNumber(card.temperatureCelsius)}\u2009°C`,
    card.powerWatts === undefined ? undefined : `${formatNumber(card.powerWatts)}\u2009W`,
    card.computeCapability === undefined
      ? undefined
      : words('gpu.capability', { capability: card.computeCapability }),
  ]
    .filter((fact) => fact !== undefined)
    .join(' · ');

/** One row a card, or why there is none. */
export function GpuRows(): ReactElement | null {
  const words = useWords('home');
  const language = useErrorLanguage();
  const report = useCall('gpu.list', {}, { refetchIntervalMs: REFRESH_MS });
  if (report.data === undefined) return null;
  const { state, cards, error } = report.data;
  if (state === 'failed')
    return (
      <HealthRow
        health="bad"
        name={words('gpu.title')}
        verdict={words('gpu.failed')}
        detail={error === undefined ? undefined : describeError(error, language).action}
      />
    );
  if (cards.length === 0)
    return (
      <HealthRow
        health="info"
        name={words('gpu.title')}
        verdict={words('gpu.none')}
        detail={words('gpu.cpuOnly')}
      />
    );
  return (
    <>
      {cards.map((card) => (
        <HealthRow
          key={card.uuid}
          health="ok"
          name={`GPU${String(card.index)}`}
          verdict={card.name}
          detail={factsOf(card, words)}
        />
      ))}
    </>
  );
}
