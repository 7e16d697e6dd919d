import { Checkbox, Group, Stack, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { CleanUpProposal } from '../../../electron/shared/contract/methods/storage.ts';
import { useAction, useCall, type OutputOf } from '../../api/hooks.ts';
import { bytesParts, formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Quantity } from '../../ui/quantity.tsx';
import classes from './storage.module.css';

/** More steps than these are told as a count. */
const NAMED_STEPS = 6;

/** What could go without losing anything that is still needed; nothing is ticked before a person ticks it. */
export function CleanUpPanel({ countedAtMs }: Readonly<{ countedAtMs: number | undefined }>): ReactElement {
  const words = useWords('storage');
  const describe = useDescription();
  const proposals = useCall(
    'storage.proposals',
    countedAtMs === undefined ? undefined : {},
    // Asked anew after every count.
    { keepPrevious: true, mark: countedAtMs },
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [result, setResult] = useState<OutputOf<'storage.cleanUp'>>();
  const cleanUp = useAction('storage.cleanUp', { changes: ['runs', 'runtime'] });
  const items = proposals.data?.items ?? [];
  const wanted = items.filter((item) => chosen.has(idOf(item)));
  const bytes = wanted.reduce((sum, item) => sum + item.bytes, 0);
  const toggle = (id: string, isWanted: boolean): void => {
    const next = new Set(chosen);
    if (isWanted) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const size = formatBytes(bytes);
  return (
    <Panel
      title={words('clean.title')}
      actions={
        items.length > 0 && (
          <ConfirmButton
            question={words('clean.question', { size })}
            consequence={
              <Stack gap="xs">
                <Text>{words('clean.forGood')}</Text>
                <ul className={classes['names']} tabIndex={0} aria-label={words('clean.title')}>
                  {wanted.map((item) => (
                    <li key={idOf(item)}>
                      <b>{describe(item).title}</b> · {formatBytes(item.bytes)}
                      <br />
                      {describe(item).lost}
                    </li>
                  ))}
                </ul>
              </Stack>
            }
            confirm={words('clean.confirm', { size })}
            disabled={wanted.length === 0}
            loading={cleanUp.isPending}
            button={{ size: 'compact-sm' }}
            onConfirm={() =>
              cleanUp.mutate(
                { items: wanted.map(({ key, mark }) => ({ key, mark })) },
                {
                  onSuccess: (done) => {
                    setResult(done);
                    setChosen(new Set());
                  },
                },
              )
            }
          >
            {wanted.length === 0 ? words('clean.choose') : words('clean.delete', { size })}
          </ConfirmButton>
        )
      }
    >
      {proposals.error !== null && (
        <ErrorNote error={proposals.error} onRetry={() => void proposals.refetch()} />
      )}
      {cleanUp.error !== null && <ErrorNote error={cleanUp.error} />}
      {result !== undefined && (
        <Stack gap="xs" mb="sm">
          {result.done.length > 0 && (
            <Text role="status" fw={600}>
              {words('clean.freed', { size: formatBytes(result.freedBytes) })}
            </Text>
          )}
          {result.refused.map(({ key, error }) => (
            <ErrorNote key={key} error={error} />
          ))}
        </Stack>
      )}
      {items.length === 0 && (
        <Text c="dimmed">{words(countedAtMs === undefined ? 'clean.notCounted' : 'clean.nothing')}</Text>
      )}
      {items.length > 1 && (
        <Checkbox
          mb={4}
          label={words('clean.all')}
          checked={wanted.length === items.length}
          indeterminate={wanted.length > 0 && wanted.length < items.length}
          onChange={(event) => setChosen(new Set(event.currentTarget.checked ? items.map(idOf) : []))}
        />
      )}
      <ul className={classes['list']}>
        {items.map((item) => {
          const { title, lost } = describe(item);
          return (
            <li key={idOf(item)} className={classes['item']}>
              <Checkbox
                className={classes['offer'] ?? ''}
                checked={chosen.has(idOf(item))}
                onChange={(event) => toggle(idOf(item), event.currentTarget.checked)}
                label={title}
                description={lost}
                styles={{ description: { fontSize: 12 } }}
              />
              <Group gap={0} className={classes['figure'] ?? ''}>
                <Quantity {...bytesParts(item.bytes)} />
              </Group>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

/** What was ticked is a state that was shown: another state of the same thing has to be ticked again. */
const idOf = (item: CleanUpProposal): string => `${item.key} ${item.mark}`;

/** What would go and what is lost with it, in words. */
function useDescription(): (item: CleanUpProposal) => Readonly<{ title: string; lost: string }> {
  const words = useWords('storage');
  return ({ kind, name, count, steps = [], paths }) => {
    switch (kind) {
      case 'checkpoints': {
        const named =
          steps.length <= NAMED_STEPS
            ? steps.join(words('clean.comma'))
            : words('clean.steps', { count: steps.length, first: steps[0], last: steps.at(-1) });
        return {
          title: words('offer.checkpoints', { name, count }),
          lost: words('lost.checkpoints', { steps: named }),
        };
      }
      case 'jobs':
        return { title: words(`jobs.${name}`, { count }), lost: words('lost.jobs') };
      case 'releases':
        return { title: words('offer.releases', { count }), lost: words('lost.releases') };
      case 'environment':
        return { title: words('offer.environment', { name }), lost: words('lost.environment') };
      case 'orphan':
        return { title: words('offer.orphan', { name }), lost: words('lost.orphan', { path: paths[0] }) };
      case 'trash':
        return { title: words('offer.trash', { name }), lost: words('lost.trash') };
      case 'tokens':
        return { title: words('offer.tokens'), lost: words('lost.tokens') };
    }
  };
}
