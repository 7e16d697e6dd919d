import { useEffect, useEffectEvent, useRef, type KeyboardEvent, type ReactElement } from 'react';

import { ActionIcon, Group, Text, TextInput } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconSearch } from '@tabler/icons-react';

import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import type { LogFound } from './use-log-search.ts';

export type LogSearchFieldProps = Readonly<{
  value: string;
  onChange: (value: string) => void;
  found: LogFound;
  /** First byte of the line found that a person stands on. */
  current: number | undefined;
  onStep: (offset: number) => void;
}>;

/** Looks through the whole log: how many lines there are, and from one to the next and back. */
export function LogSearchField(props: LogSearchFieldProps): ReactElement {
  const { value, onChange, found, current, onStep } = props;
  const words = useWords('run');
  const { hits } = found;
  const step = (by: 1 | -1): void => {
    const next = neighbour(hits, current, by);
    if (next !== undefined) onStep(next);
  };
  // The newest line found is what a person looks for in a log; it is gone to once for each text.
  const shown = useRef('');
  const showNewest = useEffectEvent(() => {
    if (found.isSearching || found.search === shown.current) return;
    shown.current = found.search;
    const newest = hits.at(-1);
    if (newest !== undefined) onStep(newest);
  });
  useEffect(() => showNewest(), [found]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      step(event.shiftKey ? -1 : 1);
    }
    if (event.key === 'Escape' && value !== '') {
      event.stopPropagation();
      onChange('');
    }
  };
  const at = current === undefined ? -1 : hits.indexOf(current);
  return (
    <Group gap={4} wrap="nowrap">
      <TextInput
        size="xs"
        w={240}
        maxLength={200}
        leftSection={<IconSearch size={14} aria-hidden />}
        placeholder={words('log.search')}
        aria-label={words('log.search')}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {value !== '' && (
        <>
          <ActionIcon
            size="md"
            variant="default"
            aria-label={words('log.previous')}
            disabled={hits.length === 0}
            onClick={() => step(-1)}
          >
            <IconChevronUp size={14} aria-hidden />
          </ActionIcon>
          <ActionIcon
            size="md"
            variant="default"
            aria-label={words('log.next')}
            disabled={hits.length === 0}
            onClick={() => step(1)}
          >
            <IconChevronDown size={14} aria-hidden />
          </ActionIcon>
          <Text fz="xs" role="status" style={{ whiteSpace: 'nowrap' }}>
            {sentence(words, found, at)}
          </Text>
        </>
      )}
    </Group>
  );
}

function sentence(words: ReturnType<typeof useWords>, found: LogFound, at: number): string {
  const count = formatNumber(found.hits.length);
  if (found.isSearching) return words('log.searching', { found: count });
  if (found.hits.length === 0) return words('log.noHit');
  if (at === -1) return words(found.isCapped ? 'log.hitsCapped' : 'log.hits', { found: count });
  return words(found.isCapped ? 'log.hitAtCapped' : 'log.hitAt', { at: formatNumber(at + 1), found: count });
}

/** The line found after or before one, the other end after the last. */
function neighbour(hits: readonly number[], current: number | undefined, by: 1 | -1): number | undefined {
  if (current === undefined) return by === 1 ? hits[0] : hits.at(-1);
  const found =
    by === 1 ? hits.find((offset) => offset > current) : hits.findLast((offset) => offset < current);
  return found ?? (by === 1 ? hits[0] : hits.at(-1));
}
