import { MultiSelect, Text } from '@mantine/core';
import type { ReactElement } from 'react';

import type { GpuCard } from '../../../electron/shared/contract/methods/gpu.ts';
import {
  AUTOMATIC_CARD,
  cardOf,
  freeBytes,
  namedCards,
} from '../../../electron/shared/domain/choose-card.ts';
import { useCall } from '../../api/hooks.ts';
import { cardGigabytes } from '../../i18n/format.ts';
import { useWords, type Words } from '../../i18n/use-words.ts';

/** Free memory changes while a person reads. */
const REFRESH_MS = 5000;

export type CardsControlProps = Readonly<{
  path: string;
  id: string;
  value: unknown;
  /** Cards that the studio is to choose, where it chooses. */
  processes: unknown;
  error: string | undefined;
  describedBy: string;
  onChange: (cards: string, count: number) => void;
}>;

/** The cards of a run: automatic, or any of this machine by their UUIDs, one process each. */
export function CardsControl(props: CardsControlProps): ReactElement {
  const { path, id, value, processes, error, describedBy, onChange } = props;
  const words = useWords('gpu');
  const report = useCall('gpu.list', {}, { refetchIntervalMs: REFRESH_MS });
  const cards = report.data?.cards ?? [];
  const named = typeof value === 'string' ? namedCards(value) : [];
  // Written in either case, and maybe twice, in a recipe that a person wrote.
  const chosen = [...new Set(named.map((uuid) => cardOf(cards, uuid)?.uuid ?? uuid))];
  // A recipe of another machine, or of this one before a card was taken out.
  const foreign = chosen.filter((uuid) => cardOf(cards, uuid) === undefined);
  const count = typeof processes === 'number' ? processes : 1;
  const automatic =
    count > 1 ? words('choice.automaticSeveral', { cards: count }) : words('choice.automatic');
  const choose = (next: readonly string[]): void => {
    const wantsAutomatic = next.includes(AUTOMATIC_CARD) && chosen.length > 0;
    const uuids = next.filter((uuid) => uuid !== AUTOMATIC_CARD);
    if (wantsAutomatic || uuids.length === 0) onChange(AUTOMATIC_CARD, wantsAutomatic ? count : 1);
    else onChange(uuids.join(','), uuids.length);
  };
  return (
    <>
      <MultiSelect
        id={id}
        aria-describedby={describedBy}
        data-field={path}
        error={error ?? (foreign.length > 0 && report.data !== undefined)}
        data={[
          { value: AUTOMATIC_CARD, label: automatic },
          ...cards.map((one) => ({ value: one.uuid, label: labelOf(one, words) })),
          ...foreign.map((uuid) => ({ value: uuid, label: words('choice.foreign', { gpu: uuid }) })),
        ]}
        value={chosen.length === 0 ? [AUTOMATIC_CARD] : chosen}
        onChange={choose}
      />
      {chosen.length > 1 && (
        <Text fz="xs" c="dimmed" mt={2}>
          {words('choice.several', { cards: chosen.length })}
        </Text>
      )}
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
