import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { TrashView } from '../../../electron/shared/contract/methods/storage.ts';
import { useAction, useCall } from '../../api/hooks.ts';
import { restoreFromTrash } from '../../api/restore.ts';
import { formatTime } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { SettingRow } from './setting-row.tsx';
import classes from './storage.module.css';

const KEEP_DAYS = [1, 7, 30, 90] as const;
/** What another window removes shows up within this. */
const REFRESH_MS = 5000;

/** What was removed and can still be given back. */
export function TrashPanel(): ReactElement {
  const words = useWords('storage');
  const trash = useCall('storage.trash', {}, { refetchIntervalMs: REFRESH_MS });
  const empty = useAction('storage.emptyTrash');
  const keep = useAction('settings.set', { changes: ['storage'] });
  const items = trash.data?.items ?? [];
  const keepDays = trash.data?.keepDays ?? 7;
  const days = [...new Set([...KEEP_DAYS, keepDays])].sort((left, right) => left - right);
  return (
    <Panel
      title={words('trash.title')}
      actions={
        items.length > 0 && (
          <ConfirmButton
            question={words('trash.emptyQuestion', { count: items.length })}
            consequence={
              <Stack gap="xs">
                <Text>{words('clean.forGood')}</Text>
                <ul className={classes['names']} tabIndex={0} aria-label={words('trash.title')}>
                  {items.map((item) => (
                    <li key={item.trashId}>{item.name}</li>
                  ))}
                </ul>
              </Stack>
            }
            confirm={words('trash.empty')}
            loading={empty.isPending}
            button={{ size: 'compact-sm' }}
            onConfirm={() => empty.mutate({ trashIds: items.map((item) => item.trashId) })}
          >
            {words('trash.empty')}
          </ConfirmButton>
        )
      }
    >
      {trash.error !== null && <ErrorNote error={trash.error} onRetry={() => void trash.refetch()} />}
      {trash.isPending && <Skeletons rows={2} />}
      {empty.error !== null && <ErrorNote error={empty.error} />}
      {trash.data !== undefined && (
        <SettingRow name={words('trash.keep')} hint={words('trash.keepHint')}>
          <Select
            w={120}
            allowDeselect={false}
            aria-label={words('trash.keep')}
            value={String(keepDays)}
            data={days.map((one) => ({ value: String(one), label: words('trash.days', { count: one }) }))}
            onChange={(value) => value !== null && keep.mutate({ trashDays: Number(value) })}
          />
        </SettingRow>
      )}
      {keep.error !== null && <ErrorNote error={keep.error} />}
      {trash.data !== undefined && items.length === 0 && (
        <Text c="dimmed" mt={8}>
          {words('trash.nothing')}
        </Text>
      )}
      <ul className={classes['list']}>
        {items.map((item) => (
          <Entry key={item.trashId} item={item} />
        ))}
      </ul>
    </Panel>
  );
}

function Entry({ item }: Readonly<{ item: TrashView }>): ReactElement {
  const words = useWords('storage');
  const language = useLanguage();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const empty = useAction('storage.emptyTrash');
  const restore = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await restoreFromTrash(item.trashId);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <li className={classes['entry']}>
      <div className={classes['item']}>
        <span className={classes['itemName']}>
          <span className={classes['ellipsis']} title={item.name}>
            {item.name}
          </span>
          <span className={classes['hint']}>
            {words(`kind.${item.kind}`)} ·{' '}
            {words('trash.removedAt', { time: formatTime(item.removedAtMs, language) })}
          </span>
        </span>
        <Group gap="xs" wrap="nowrap" style={{ flex: 'none' }}>
          <Button
            size="compact-sm"
            loading={isBusy}
            aria-label={words('trash.restoreLabel', { name: item.name })}
            onClick={() => void restore()}
          >
            {words('trash.restore')}
          </Button>
          <ConfirmButton
            question={words('trash.deleteQuestion', { name: item.name })}
            consequence={words('lost.trash')}
            confirm={words('trash.delete')}
            label={words('trash.deleteLabel', { name: item.name })}
            loading={empty.isPending}
            button={{ size: 'compact-sm' }}
            onConfirm={() => empty.mutate({ trashIds: [item.trashId] })}
          >
            {words('trash.delete')}
          </ConfirmButton>
        </Group>
      </div>
      {error !== undefined && <ErrorNote error={error} />}
      {empty.error !== null && <ErrorNote error={empty.error} />}
    </li>
  );
}
