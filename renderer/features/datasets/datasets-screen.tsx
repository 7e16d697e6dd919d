import { Stack, Title } from '@mantine/core';
import type { ReactElement } from 'react';

import { useWords } from '../../i18n/use-words.ts';
import { DatasetList } from './dataset-list.tsx';
import classes from './datasets-screen.module.css';
import { useImportDraft } from './import-draft.ts';
import { ImportPanel } from './import-panel.tsx';
import { SourcePicker, useFileDrop } from './source-picker.tsx';
import { useUploads } from './use-uploads.ts';

/** All datasets, and the way of new data in. Files may be dropped anywhere on it. */
export function DatasetsScreen(): ReactElement {
  const words = useWords('datasets');
  const state = useImportDraft();
  const uploads = useUploads((source) => state.add([source]));
  const drop = useFileDrop(uploads);
  return (
    <div className={classes['screen']} data-over={drop.isOver || undefined} {...drop.handlers}>
      <Stack gap="md">
        <Title order={1}>{words('title')}</Title>
        <SourcePicker uploads={uploads} onAdd={state.add} />
        {state.draft.sources.length > 0 && <ImportPanel state={state} />}
        <DatasetList onFirst={() => document.querySelector<HTMLElement>('[data-pick="files"]')?.click()} />
      </Stack>
      {drop.isOver && <div className={classes['veil']}>{words('pick.release')}</div>}
    </div>
  );
}
