import { Button, Group, Modal, Stack, Table, Text, Textarea } from '@mantine/core';
import { IconClipboardText } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import type { FlatRecipe } from '../../../electron/shared/domain/recipes/recipe-draft.ts';
import {
  importSettings,
  type ImportedSettings,
} from '../../../electron/shared/domain/recipes/import-settings.ts';
import { isSame } from '../../../electron/shared/domain/settings-difference.ts';
import { valueText } from '../../i18n/setting-words.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Notice } from './notice.tsx';
import type { Library } from './use-library.ts';
import type { RecipeForm } from './use-recipe-form.ts';

export type ImportDialogProps = Readonly<{
  form: RecipeForm;
  library: Library;
  apply: (settings: FlatRecipe) => void;
}>;

/** Fills the form from a train command or a configuration of another tool, after showing what it would change. */
export function ImportDialog({ form, library, apply }: ImportDialogProps): ReactElement {
  const words = useWords('new-run');
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState('');
  const imported = importSettings(text);
  const settings = onThisRig({ ...imported.assumed, ...imported.settings }, library);
  const differing = Object.entries(settings).filter(([path, value]) => !isSame(value, form.values[path]));
  const close = (): void => {
    setOpen(false);
    setText('');
  };
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        leftSection={<IconClipboardText size={14} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        {words('import.open')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={words('import.title')}
        size="xl"
        centered
        closeButtonProps={{ 'aria-label': words('common:close') }}
      >
        <Stack>
          <Textarea
            data-autofocus
            label={words('import.label')}
            placeholder={words('import.example')}
            autosize
            minRows={5}
            maxRows={12}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {text.trim() !== '' && (
            <Preview
              imported={imported}
              settings={settings}
              differing={differing}
              form={form}
              library={library}
            />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {words('common:cancel')}
            </Button>
            <Button
              disabled={differing.length === 0}
              onClick={() => {
                apply(Object.fromEntries(differing));
                close();
              }}
            >
              {words('import.apply', { settings: differing.length })}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

type PreviewProps = Readonly<{
  imported: ImportedSettings;
  settings: FlatRecipe;
  differing: readonly (readonly [path: string, value: unknown])[];
  form: RecipeForm;
  library: Library;
}>;

function Preview({ imported, settings, differing, form, library }: PreviewProps): ReactElement {
  const words = useWords('new-run');
  // Models and datasets are known by their ids, and shown by their names.
  const names = new Map([...library.models, ...library.datasets].map(({ id, name }) => [id, name]));
  const shown = (value: unknown, path: string): string =>
    valueText(typeof value === 'string' ? (names.get(value) ?? value) : value, path, words);
  if (imported.tool === undefined) return <Notice tone="amber">{words('import.nothing')}</Notice>;
  const missing = (['model', 'dataset'] as const).filter(
    (path) => imported.settings[path] !== undefined && settings[path] === undefined,
  );
  return (
    <>
      <Text c="dimmed">
        {words('import.read', {
          tool: words(`import.tools.${imported.tool}`),
          same: Object.keys(settings).length - differing.length,
        })}
      </Text>
      {differing.length > 0 && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words('scale.field')}</Table.Th>
              <Table.Th>{words('import.now')}</Table.Th>
              <Table.Th>{words('import.pasted')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {differing.map(([path, value]) => (
              <Table.Tr key={path}>
                <Table.Td>{words(`fields.${path}.label`)}</Table.Td>
                <Table.Td>{shown(form.values[path], path)}</Table.Td>
                <Table.Td>
                  <strong>{shown(value, path)}</strong>{' '}
                  {!(path in imported.settings) && (
                    <Text span fz="xs" c="dimmed">
                      {words('import.assumed')}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {missing.map((path) => (
        <Notice key={path} tone="amber">
          {words(`import.missing.${path}`, { name: String(imported.settings[path]) })}
        </Notice>
      ))}
      <Left kind="notCarried" tone="amber" left={imported.notCarried} />
      <Left kind="unknown" tone="amber" left={imported.unknown} />
      <Left kind="notNeeded" tone="plain" left={imported.notNeeded} />
    </>
  );
}

type LeftProps = Readonly<{
  kind: 'notCarried' | 'unknown' | 'notNeeded';
  tone: 'amber' | 'plain';
  left: ImportedSettings['unknown'];
}>;

/** Every flag that fills no field, with its value. */
function Left({ kind, tone, left }: LeftProps): ReactElement | null {
  const words = useWords('new-run');
  if (left.length === 0) return null;
  return (
    <Notice tone={tone}>
      {words(`import.${kind}`)}{' '}
      {left.map(({ name, value }) => (
        <code key={name} style={{ marginInlineEnd: 8, overflowWrap: 'anywhere' }}>
          {value === 'true' ? name : `${name}=${value}`}
        </code>
      ))}
    </Notice>
  );
}

/** A model or dataset goes by the name or the folder that this rig has it under; one that it has not is left out. */
function onThisRig(settings: FlatRecipe, { models, datasets }: Library): FlatRecipe {
  const { model, dataset, ...others } = settings;
  const known = (items: Library['models'], wanted: unknown): string | undefined => {
    if (typeof wanted !== 'string') return undefined;
    const last = lastPart(wanted);
    return items.find((item) => [item.name, item.path].includes(wanted) || lastPart(item.name) === last)?.id;
  };
  const modelId = known(models, model);
  const datasetId = known(datasets, dataset);
  return {
    ...others,
    ...(modelId === undefined ? {} : { model: modelId }),
    ...(datasetId === undefined ? {} : { dataset: datasetId }),
  };
}

/** `internlm/internlm2-chat-7b` and `/models/InternLM2-chat-7B/` are the same model under two roofs. */
const lastPart = (name: string): string =>
  name
    .replace(/[\\/]+$/u, '')
    .split(/[\\/]/u)
    .at(-1)
    ?.toLowerCase() ?? '';
