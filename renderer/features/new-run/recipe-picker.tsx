import { Radio, Text } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';

import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Panel } from '../../ui/panel.tsx';
import { PRESETS, type Preset } from './presets.ts';
import classes from './recipe-picker.module.css';
import type { RecipeForm } from './use-recipe-form.ts';

/** The presets as cards: what each was made for, and what came of it. */
export function RecipePicker({
  form,
  actions,
}: Readonly<{ form: RecipeForm; actions: ReactNode }>): ReactElement {
  const words = useWords('new-run');
  return (
    <Panel title={words('recipe')} actions={actions}>
      <Radio.Group
        aria-label={words('recipe')}
        value={form.preset.id}
        onChange={(id) => form.choosePreset(id)}
      >
        <div className={classes['cards']}>
          {PRESETS.map((preset) => (
            <Radio.Card key={preset.id} value={preset.id} className={classes['card'] ?? ''}>
              <Radio.Indicator size="xs" />
              <div>
                <Text fw={600}>{words(`presets.${preset.id}.name`)}</Text>
                <Text fz="xs" c="dimmed">
                  {words(`presets.${preset.id}.about`)}
                </Text>
                <PublishedFacts preset={preset} />
              </div>
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
    </Panel>
  );
}

function PublishedFacts({ preset }: Readonly<{ preset: Preset }>): ReactElement | null {
  const words = useWords('new-run');
  const { published } = preset;
  if (published === undefined) return null;
  return (
    <Text fz="xs" mt={2}>
      {words('publishedFacts', {
        devices: published.cards,
        device: published.deviceName,
        steps: formatNumber(published.stepsPerEpoch),
        hours: published.hours,
        loss: published.finalLoss,
      })}
    </Text>
  );
}
