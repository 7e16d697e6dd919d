import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { accumulationFor } from '../../../electron/shared/domain/recipes/global-batch.ts';
import { formatNumber } from '../../i18n/format.ts';
import { valueText } from '../../i18n/setting-words.ts';
import { useWords } from '../../i18n/use-words.ts';
import type { RecipeForm } from './use-recipe-form.ts';

export type PublishedNotesProps = Readonly<{ form: RecipeForm; devices: number }>;

/** Where this rig would train otherwise than was published: said, and changed only when the person asks. */
export function PublishedNotes({ form, devices }: PublishedNotesProps): ReactElement | null {
  const words = useWords('new-run');
  const { published, values } = form.preset;
  if (published === undefined) return null;
  const microBatch = form.values['batch.microBatch'];
  const accumulation = form.values['batch.gradientAccumulation'];
  if (typeof microBatch !== 'number' || typeof accumulation !== 'number') return null;
  const publishedBatch =
    Number(values['batch.microBatch']) * Number(values['batch.gradientAccumulation']) * published.devices;
  const here = microBatch * accumulation * devices;
  const kept = accumulationFor(publishedBatch, microBatch, devices);
  return (
    <Alert
      icon={<IconInfoCircle aria-hidden />}
      color="accent"
      variant="outline"
      styles={{ root: { background: 'var(--le-panel)' } }}
    >
      <Stack gap={6}>
        <Text>
          {words(here === publishedBatch ? 'batchAsPublished' : 'batchDiffers', {
            devices: published.devices,
            published: formatNumber(publishedBatch),
            here: formatNumber(here),
            hereDevices: devices,
          })}
        </Text>
        {here !== publishedBatch && kept !== undefined && (
          <Group>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => form.set('batch.gradientAccumulation', kept)}
            >
              {words('keepPublishedBatch', { accumulation: kept, batch: formatNumber(publishedBatch) })}
            </Button>
          </Group>
        )}
        <Differences form={form} />
        {published.notCarried.map((fact) => (
          <Text key={fact} c="dimmed">
            {words(`notCarried.${fact}`)}
          </Text>
        ))}
      </Stack>
    </Alert>
  );
}

/** Which model and data, and what it is called, is each run's own. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['model', 'dataset', 'name']);

/** Every setting that is not as published. */
function Differences({ form }: Readonly<{ form: RecipeForm }>): ReactElement | null {
  const words = useWords('new-run');
  const changed = [...form.changed].filter((path) => !OWN_FIELDS.has(path));
  if (changed.length === 0) return null;
  return (
    <div>
      <Text fw={600}>{words('differsFromPublished')}</Text>
      <ul style={{ margin: 0, paddingLeft: 18 }}>
        {changed.map((path) => (
          <li key={path}>
            {words('fix.applied', {
              field: words(`fields.${path}.label`),
              from: valueText(form.presetValues[path], path, words),
              to: valueText(form.values[path], path, words),
            })}
          </li>
        ))}
      </ul>
    </div>
  );
}
