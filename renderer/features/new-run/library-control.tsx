import { Button, Group, Select, TextInput } from '@mantine/core';
import { useState, type ReactElement } from 'react';
import { useNavigate } from 'react-router';

import { isUsable } from '../../../electron/shared/domain/model-kinds.ts';
import { useAction } from '../../api/hooks.ts';
import { CHOOSES_FOLDER } from '../../api/rig-files.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { FolderBrowser } from '../../ui/folder-browser.tsx';
import type { Library, LibraryItem } from './use-library.ts';

export type LibraryControlProps = Readonly<{
  kind: 'model' | 'dataset';
  library: Library;
  id: string;
  value: unknown;
  error: string | undefined;
  describedBy: string;
  onChange: (value: unknown) => void;
}>;

/** Chooses a base model or a dataset of this rig, and adds one where it is not there yet. */
export function LibraryControl(props: LibraryControlProps): ReactElement {
  const { kind, library, id, value, error, describedBy, onChange } = props;
  const words = useWords('new-run');
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const items: readonly LibraryItem[] = kind === 'model' ? library.models : library.datasets;
  const chosen = items.find((item) => [item.id, item.name, item.path].includes(String(value)));
  const data = items.map((item) => ({
    value: item.id,
    label: labelOf(item, words),
    disabled: !isUsable(item),
  }));
  // A folder that is not in the library is a valid value too (an opened recipe names one).
  const foreign = typeof value === 'string' && value !== '' && chosen === undefined;
  return (
    <>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Select
          id={id}
          style={{ flex: 1 }}
          searchable
          data={foreign ? [...data, { value, label: value }] : data}
          value={foreign ? value : (chosen?.id ?? null)}
          placeholder={words(`${kind}.choose`)}
          nothingFoundMessage={words(`${kind}.none`)}
          error={error ?? false}
          aria-describedby={describedBy}
          data-field={kind}
          allowDeselect={false}
          onChange={(next) => {
            if (next !== null) onChange(next);
          }}
        />
        <Button
          variant="default"
          aria-expanded={kind === 'model' ? adding : undefined}
          onClick={() => {
            if (kind === 'model') setAdding(!adding);
            else void navigate('/datasets');
          }}
        >
          {words(`${kind}.add`)}
        </Button>
      </Group>
      {adding && (
        <AddModel
          onAdded={(modelId) => {
            onChange(modelId);
            setAdding(false);
          }}
        />
      )}
    </>
  );
}

function AddModel({ onAdded }: Readonly<{ onAdded: (modelId: string) => void }>): ReactElement {
  const words = useWords('new-run');
  const [folder, setFolder] = useState('');
  const [isBrowsing, setBrowsing] = useState(false);
  const add = useAction('models.add');
  const submit = (): void => {
    if (folder.trim() === '') return;
    add.mutate({ path: folder.trim() }, { onSuccess: (model) => onAdded(model.id) });
  };
  return (
    <>
      <Group gap="xs" wrap="nowrap" align="flex-end" mt="xs">
        <TextInput
          style={{ flex: 1 }}
          label={words('model.folder')}
          placeholder={words('model.folderExample')}
          value={folder}
          data-autofocus
          onChange={(event) => setFolder(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') submit();
          }}
        />
        <Button variant="default" onClick={() => setBrowsing(true)}>
          {words('model.browse')}
        </Button>
        <Button loading={add.isPending} disabled={folder.trim() === ''} onClick={submit}>
          {words('model.addFolder')}
        </Button>
      </Group>
      <FolderBrowser
        title={words('model.folder')}
        opened={isBrowsing}
        onClose={() => setBrowsing(false)}
        {...CHOOSES_FOLDER}
        onChoose={([path]) => {
          if (path !== undefined) setFolder(path);
        }}
      />
      {add.error !== null && (
        <div style={{ marginTop: 8 }}>
          <ErrorNote error={add.error} />
        </div>
      )}
    </>
  );
}

function labelOf(
  item: LibraryItem & Partial<Library['datasets'][number] & Library['models'][number]>,
  words: (key: string, values?: Readonly<Record<string, unknown>>) => string,
): string {
  if (item.state !== 'ready') return `${item.name} · ${words(`itemState.${item.state}`)}`;
  if (item.counts !== undefined)
    return `${item.name} · ${words('rowsOf', { rows: formatNumber(item.counts.train) })}`;
  if (item.facts?.supported === false) return `${item.name} · ${words('itemState.unsupported')}`;
  if (item.facts !== undefined) {
    const millions = item.facts.parameters / 1e6;
    const size =
      millions >= 1000 ? `${formatNumber(millions / 1000, 1)} B` : `${formatNumber(millions, 1)} M`;
    return `${item.name} · ${size}`;
  }
  return item.name;
}
