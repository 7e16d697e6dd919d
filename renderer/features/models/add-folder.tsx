import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { IconFolderPlus } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import { useAction } from '../../api/hooks.ts';
import { choosePathsNatively, listRigFolder } from '../../api/rig-files.ts';
import { useWords } from '../../i18n/use-words.ts';
import { FolderBrowser } from '../../ui/folder-browser.tsx';
import { AddRefusal } from './add-refusal.tsx';

/** Adds what lies on this rig already: a model folder, an adapter folder or a GGUF file. */
export function AddFolder({ onAdded }: Readonly<{ onAdded: (modelId: string) => void }>): ReactElement {
  const words = useWords('models');
  const [isOpen, setOpen] = useState(false);
  const [isBrowsing, setBrowsing] = useState(false);
  const [place, setPlace] = useState('');
  const add = useAction('models.add');
  const wanted = place.trim();
  const finish = (modelId: string): void => {
    setOpen(false);
    setPlace('');
    onAdded(modelId);
  };
  const submit = (): void => {
    if (wanted !== '') add.mutate({ path: wanted }, { onSuccess: ({ id }) => finish(id) });
  };
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconFolderPlus size={16} aria-hidden />}
        onClick={() => {
          add.reset();
          setOpen(true);
        }}
      >
        {words('add.button')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={words('add.title')}
        size="lg"
        closeButtonProps={{ 'aria-label': words('common:close') }}
      >
        <Stack gap="sm">
          <Text c="dimmed">{words('add.hint')}</Text>
          <Group gap="xs" wrap="nowrap" align="flex-end">
            <TextInput
              flex={1}
              data-autofocus
              label={words('add.path')}
              value={place}
              onChange={(event) => setPlace(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter') submit();
              }}
            />
            <Button variant="default" onClick={() => setBrowsing(true)}>
              {words('add.browse')}
            </Button>
            <Button disabled={wanted === ''} loading={add.isPending} onClick={submit}>
              {words('add.do')}
            </Button>
          </Group>
          {add.error !== null && (
            <AddRefusal
              key={add.variables.path}
              error={add.error}
              path={add.variables.path}
              onAdded={finish}
            />
          )}
        </Stack>
      </Modal>
      <FolderBrowser
        title={words('add.title')}
        opened={isBrowsing}
        onClose={() => setBrowsing(false)}
        list={listRigFolder}
        native={choosePathsNatively}
        choose={choosePathsNatively === undefined ? 'any' : 'folder'}
        onChoose={([path]) => {
          if (path !== undefined) setPlace(path);
        }}
      />
    </>
  );
}
