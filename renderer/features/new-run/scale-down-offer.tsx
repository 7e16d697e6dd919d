import { Button, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import { describeError } from '../../../electron/shared/contract/errors/index.ts';
import type { RecipeChange } from '../../../electron/shared/domain/recipes/scale-down.ts';
import { formatBytes, formatNumber } from '../../i18n/format.ts';
import { valueText } from '../../i18n/setting-words.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import { Notice } from './notice.tsx';
import type { AppliedChange } from './use-applied-change.ts';
import type { ScaledDown } from './use-scale-down.ts';

export type ScaleDownOfferProps = Readonly<{
  scaled: ScaledDown | undefined;
  /** Cards of the published run. */
  publishedDevices: number;
  change: AppliedChange;
}>;

/** Offers to fit a published recipe to this rig, and shows every difference before anything is changed. */
export function ScaleDownOffer({
  scaled,
  publishedDevices,
  change,
}: ScaleDownOfferProps): ReactElement | null {
  const words = useWords('new-run');
  const [isOpen, setOpen] = useState(false);
  if (scaled === undefined || scaled.changes.length === 0) return null;
  const apply = (): void => {
    setOpen(false);
    change.apply(Object.fromEntries(scaled.changes.map(({ field, to }) => [field, to])));
  };
  return (
    <Notice tone="plain">
      {words('scale.offer', { devices: publishedDevices, changes: scaled.changes.length })}
      <Group mt={6}>
        <Button size="compact-sm" onClick={() => setOpen(true)}>
          {words('scale.show')}
        </Button>
      </Group>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={words('scale.title')}
        size="xl"
        centered
        closeButtonProps={{ 'aria-label': words('common:close') }}
      >
        <Stack>
          <Text>{words('scale.intro')}</Text>
          <ChangeTable changes={scaled.changes} />
          <Outcome scaled={scaled} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setOpen(false)}>
              {words('scale.keep')}
            </Button>
            <Button data-autofocus onClick={apply}>
              {words('scale.apply', { changes: scaled.changes.length })}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Notice>
  );
}

function ChangeTable({ changes }: Readonly<{ changes: readonly RecipeChange[] }>): ReactElement {
  const words = useWords('new-run');
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{words('scale.field')}</Table.Th>
          <Table.Th>{words('scale.published')}</Table.Th>
          <Table.Th>{words('scale.here')}</Table.Th>
          <Table.Th>{words('scale.why')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map((change) => (
          <Table.Tr key={change.field}>
            <Table.Td>{words(`fields.${change.field}.label`)}</Table.Td>
            <Table.Td>{valueText(change.from, change.field, words)}</Table.Td>
            <Table.Td fw={600}>{valueText(change.to, change.field, words)}</Table.Td>
            <Table.Td>{words(`scale.reasons.${change.reason}`)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** What the run would be with all of it, or that it would not be enough. */
function Outcome({ scaled: { after } }: Readonly<{ scaled: ScaledDown }>): ReactElement {
  const words = useWords('new-run');
  const language = useErrorLanguage();
  const [memory] = after.memory;
  return (
    <>
      <Text c="dimmed">
        {words('scale.outcome', {
          batch: formatNumber(after.globalBatch),
          stepsPerEpoch: formatNumber(after.stepsPerEpoch),
          steps: formatNumber(after.steps),
        })}{' '}
        {memory !== undefined &&
          words('scale.peak', {
            peak: formatBytes(memory.peakBytes),
            capacity: formatBytes(memory.capacityBytes),
          })}
      </Text>
      {after.problems.map((problem) => (
        <Notice key={problem.code} tone="red">
          {words('scale.remains')} {describeError(problem, language).message}
        </Notice>
      ))}
    </>
  );
}
