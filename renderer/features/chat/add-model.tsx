import { useState, type ReactElement } from 'react';

import { Button } from '@mantine/core';
import { IconMessages } from '@tabler/icons-react';

import { useAction } from '../../api/hooks.ts';
import { CHOOSES_FOLDER } from '../../api/rig-files.ts';
import { useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { FolderBrowser } from '../../ui/folder-browser.tsx';

/** On a rig where nothing can answer yet. */
export function AddModel({ onAdded }: Readonly<{ onAdded: (modelId: string) => void }>): ReactElement {
  const words = useWords('chat');
  const [isBrowsing, setBrowsing] = useState(false);
  const add = useAction('models.add');
  return (
    <>
      <EmptyState
        icon={<IconMessages size={40} stroke={1.5} />}
        sentence={words('empty.noModel')}
        action={
          <Button loading={add.isPending} onClick={() => setBrowsing(true)}>
            {words('empty.addModel')}
          </Button>
        }
      />
      <FolderBrowser
        title={words('empty.addModel')}
        opened={isBrowsing}
        onClose={() => setBrowsing(false)}
        {...CHOOSES_FOLDER}
        onChoose={([path]) => {
          if (path !== undefined) add.mutate({ path }, { onSuccess: (model) => onAdded(model.id) });
        }}
      />
      {add.error !== null && <ErrorNote error={add.error} />}
    </>
  );
}
