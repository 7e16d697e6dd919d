import { Button, Text, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import type { StorageTopicData } from '../../../electron/shared/contract/events.ts';
import type { UsageGroup } from '../../../electron/shared/contract/methods/storage.ts';
import { useAction } from '../../api/hooks.ts';
import { bytesParts, formatBytes, formatNumber, formatTime } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { Quantity } from '../../ui/quantity.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { GroupItems } from './group-items.tsx';
import classes from './storage.module.css';

export type DiskUsePanelProps = Readonly<{ storage: StorageTopicData | undefined }>;

/** What the studio takes on the disk, by what it is; each group opens to what it consists of. */
export function DiskUsePanel({ storage }: DiskUsePanelProps): ReactElement {
  const words = useWords('storage');
  const language = useLanguage();
  const count = useAction('storage.count');
  const cancel = useAction('storage.cancelCount');
  const { usage } = storage ?? {};
  return (
    <Panel
      title={words('use.title')}
      actions={
        storage?.isCounting === true ? (
          <Button size="compact-sm" variant="default" onClick={() => cancel.mutate({})}>
            {words('use.cancel')}
          </Button>
        ) : (
          <Button
            size="compact-sm"
            variant="default"
            disabled={storage === undefined}
            onClick={() => count.mutate({})}
          >
            {words('use.count')}
          </Button>
        )
      }
    >
      {storage?.error !== undefined && <ErrorNote error={storage.error} onRetry={() => count.mutate({})} />}
      {storage?.isCounting === true && (
        <div className={classes['counting']}>
          <Text aria-live="polite">
            {words('use.counting', {
              files: formatNumber(storage.progress?.files ?? 0),
              size: formatBytes(storage.progress?.bytes ?? 0),
            })}
          </Text>
          <ProgressBar fraction={undefined} label={words('use.title')} />
        </div>
      )}
      {usage === undefined && storage?.isCounting !== false && <Skeletons rows={6} />}
      {usage === undefined && storage?.isCounting === false && <Text c="dimmed">{words('use.never')}</Text>}
      {usage !== undefined && (
        <>
          <Text mb={8}>
            {words('use.summary', {
              total: formatBytes(usage.totalBytes),
              free: formatBytes(usage.freeDiskBytes),
              time: formatTime(usage.countedAtMs, language),
            })}
          </Text>
          {usage.unreadable > 0 && (
            <Text c="var(--le-amber)" mb={8}>
              {words('use.unreadable', { count: usage.unreadable })}
            </Text>
          )}
          <ul className={classes['list']}>
            {usage.groups.map(({ group, bytes, count: items }) => (
              <GroupRow
                key={group}
                group={group}
                bytes={bytes}
                items={items}
                share={usage.totalBytes === 0 ? 0 : bytes / usage.totalBytes}
                countedAtMs={usage.countedAtMs}
              />
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

type GroupRowProps = Readonly<{
  group: UsageGroup;
  bytes: number;
  items: number;
  share: number;
  countedAtMs: number;
}>;

function GroupRow({ group, bytes, items, share, countedAtMs }: GroupRowProps): ReactElement {
  const words = useWords('storage');
  const [isOpen, setOpen] = useState(false);
  const canOpen = group !== 'other' && (items > 0 || group === 'models');
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <li className={classes['group']}>
      <UnstyledButton
        className={classes['head'] ?? ''}
        aria-expanded={canOpen ? isOpen : undefined}
        disabled={!canOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <span className={classes['chevron']}>{canOpen && <Chevron size={14} aria-hidden />}</span>
        <span className={classes['groupName']}>
          {words(`group.${group}`)}
          <span className={classes['hint']}>{words(`groupHint.${group}`)}</span>
        </span>
        <span className={classes['track']} aria-hidden>
          <span className={classes['bar']} style={{ width: `${String(share * 100)}%` }} />
        </span>
        <span className={classes['figure']}>
          <Quantity {...bytesParts(bytes)} />
        </span>
      </UnstyledButton>
      {isOpen && <GroupItems key={countedAtMs} group={group} />}
    </li>
  );
}
