import { Button, Group, Switch, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import { findFields } from '../../../electron/shared/domain/recipes/find-fields.ts';
import {
  FIELD_GROUPS,
  RECIPE_FIELDS,
  type RecipeField,
} from '../../../electron/shared/domain/recipes/recipe-fields.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Panel } from '../../ui/panel.tsx';
import { FieldRow } from './field-row.tsx';
import { MachinesDialog } from './machines-dialog.tsx';
import type { RecipeForm } from './use-recipe-form.ts';
import type { Library } from './use-library.ts';

export type RecipeFieldsProps = Readonly<{ form: RecipeForm; library: Library }>;

/** Full fine-tuning has no adapter whose shape could be set; what of it is in the way stays to be put right. */
function isUsed(field: RecipeField, { values, issues }: RecipeForm): boolean {
  if (values['method'] !== 'full' || !field.path.startsWith('lora.')) return true;
  return issues.some((issue) => issue.field === field.path);
}

/** The form in its five groups. A search opens whatever it finds, simple or advanced. */
export function RecipeFields({ form, library }: RecipeFieldsProps): ReactElement {
  const words = useWords('new-run');
  const [search, setSearch] = useState('');
  const [advanced, setAdvanced] = useViewMemory('new-run.advanced', false);
  const used = RECIPE_FIELDS.filter((field) => isUsed(field, form));
  const found = findFields(
    used,
    search,
    (field) => `${words(`fields.${field.path}.label`)} ${words(`fields.${field.path}.help`)}`,
  );
  const searching = search.trim() !== '';
  // A changed or a wrong field is never out of sight.
  const visible = found.filter(
    (field) =>
      searching ||
      advanced ||
      field.level === 'simple' ||
      form.changed.has(field.path) ||
      form.issues.some((issue) => issue.field === field.path),
  );
  const changes = [...form.changed].filter((path) => path !== 'model' && path !== 'dataset').length;
  return (
    <>
      <Group justify="space-between" gap="sm">
        <TextInput
          flex="1 1 220px"
          maw={360}
          leftSection={<IconSearch size={14} aria-hidden />}
          placeholder={words('searchFields')}
          aria-label={words('searchFields')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setSearch('');
          }}
        />
        <Group gap="md">
          {changes > 0 && (
            <Button size="compact-sm" variant="subtle" onClick={form.resetAll}>
              {words('resetAll', { changes })}
            </Button>
          )}
          <Switch
            label={words('advanced')}
            checked={advanced}
            onChange={(event) => setAdvanced(event.currentTarget.checked)}
          />
        </Group>
      </Group>
      {visible.length === 0 && (
        <EmptyState icon={<IconSearch size={28} />} sentence={words('noField', { search })} />
      )}
      {FIELD_GROUPS.map((group) => {
        const fields = visible.filter((field) => field.group === group);
        if (fields.length === 0) return undefined;
        const hidden = used.filter((field) => field.group === group).length - fields.length;
        return (
          <Panel
            key={group}
            title={words(`groups.${group}`)}
            flush
            actions={
              <>
                {!searching && hidden > 0 && (
                  <Text fz="xs" c="dimmed">
                    {words('moreInAdvanced', { hidden })}
                  </Text>
                )}
                {group === 'hardware' && <MachinesDialog form={form} library={library} />}
              </>
            }
          >
            {fields.map((field) => (
              <FieldRow
                key={field.path}
                field={field}
                form={form}
                library={library}
                withAliases={advanced || searching}
              />
            ))}
          </Panel>
        );
      })}
    </>
  );
}
