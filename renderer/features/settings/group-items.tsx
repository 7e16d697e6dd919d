import { Button, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { UsageGroup, UsageItem } from '../../../electron/shared/contract/methods/storage.ts';
import { useCall } from '../../api/hooks.ts';
import { bytesParts, formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Quantity } from '../../ui/quantity.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { RemoveModel } from './remove-model.tsx';
import classes from './storage.module.css';

const FIRST_ITEMS = 20;
const MOST_ITEMS = 500;

/** What a group consists of, the largest first. */
export function GroupItems({ group }: Readonly<{ group: UsageGroup }>): ReactElement {
  const words = useWords('storage');
  const [limit, setLimit] = useState(FIRST_ITEMS);
  const page = useCall('storage.items', { group, limit }, { keepPrevious: true });
  if (page.error !== null) return <ErrorNote error={page.error} onRetry={() => void page.refetch()} />;
  if (page.data === undefined) return <Skeletons rows={2} />;
  const { items, total } = page.data;
  return (
    <div className={classes['items']}>
      <ul className={classes['list']}>
        {items.map((item) => (
          <Item key={item.key} item={item} />
        ))}
      </ul>
      {total > items.length && limit < MOST_ITEMS && (
        <Button size="compact-sm" variant="subtle" onClick={() => setLimit(MOST_ITEMS)}>
          {words('use.more', { count: Math.min(total, MOST_ITEMS) - items.length })}
        </Button>
      )}
    </div>
  );
}

function Item({ item }: Readonly<{ item: UsageItem }>): ReactElement {
  const words = useWords('storage');
  const facts = [
    ...(item.isOurs ? [] : [words('item.notOurs')]),
    ...(item.kind !== undefined && item.group === 'jobs' ? [words(`job.${item.kind}`)] : []),
    ...(item.parts === undefined
      ? []
      : [
          words('item.parts', {
            checkpoints: formatBytes(item.parts.checkpoints),
            adapter: formatBytes(item.parts.adapter),
            rest: formatBytes(item.parts.rest),
          }),
        ]),
    ...(item.isCurrent === true ? [words('item.current')] : []),
    ...(item.users?.includes('?') === true ? [words('item.unknownUsers')] : []),
    ...(item.users ?? []).filter((user) => user !== '?').map((user) => words('item.usedBy', { user })),
  ];
  return (
    <li className={classes['item']}>
      <span className={classes['itemName']}>
        <span className={classes['ellipsis']} title={item.path}>
          {item.name}
        </span>
        {facts.length > 0 && (
          <Text component="span" className={classes['hint'] ?? ''}>
            {facts.join(' · ')}
          </Text>
        )}
      </span>
      {item.group === 'models' && item.id !== undefined && <RemoveModel item={item} modelId={item.id} />}
      <span className={classes['figure']}>
        <Quantity {...bytesParts(item.bytes)} />
      </span>
    </li>
  );
}
