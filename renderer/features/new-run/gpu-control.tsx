import { Select, Text } from '@mantine/core';
import type { ReactElement } from 'react';

import type { GpuCard } from '../../../electron/shared/contract/methods/gpu.ts';
import { AUTOMATIC_CARD, cardOf, freeBytes } from '../../../electron/shared/domain/choose-card.ts';
import { useCall } from '../../api/hooks.ts';
import { cardGigabytes } from '../../i18n/format.ts';
import { useWords, type Words } from '../../i18n/use-words.ts';

/** Free memory changes while a person reads. */
const REFRESH_MS = 5000;

export type GpuControlProps = Readonly<{
  field: Readonly<{ path: string }>;
  id: string;
  value: unknown;
  error: string | undefined;
  describedBy: string;
  onChange: (value: unknown) => void;
}>;

/** The card of a run: automatic, or one of this machine by its UUID. */
export function GpuControl({
  field,
  id,
  value,
  error,
  describedBy,
  onChange,
}: GpuControlProps): ReactElement {
  const words = useWords('gpu');
  const report = useCall('gpu.list', {}, { refetchIntervalMs: REFRESH_MS });
  const cards = report.data?.cards ?? [];
  const chosen = typeof value === 'string' ? value : AUTOMATIC_CARD;
  const card = cardOf(cards, chosen);
  // A recipe of another machine, or of this one before a card was taken out.
  const isForeign = chosen !== AUTOMATIC_CARD && card === undefined;
  return (
    <>
      <Select
        id={id}
        aria-describedby={describedBy}
        data-field={field.path}
        error={error ?? (isForeign && report.data !== undefined)}
        data={[
          { value: AUTOMATIC_CARD, label: words('choice.automatic') },
          ...cards.map((one) => ({ value: one.uuid, label: labelOf(one, words) })),
          ...(isForeign ? [{ value: chosen, label: words('choice.foreign', { gpu: chosen }) }] : []),
        ]}
        value={card?.uuid ?? chosen}
        allowDeselect={false}
        onChange={(next) => {
          if (next !== null) onChange(next);
        }}
      />
      {report.data !== undefined && cards.length === 0 && (
        <Text fz="xs" c="dimmed" mt={2}>
          {words(report.data.state === 'failed' ? 'choice.driver' : 'choice.noCards')}
        </Text>
      )}
    </>
  );
}

function labelOf(card: GpuCard, words: Words): string {
  const { index, name, memoryTotalBytes: total } = card;
  const free = freeBytes(card);
  return total === undefined || free === undefined
    ? words('choice.cardUntold', { index, name })
    : words('choice.card', { index, name, free: cardGigabytes(free), total: cardGigabytes(total) });
}
