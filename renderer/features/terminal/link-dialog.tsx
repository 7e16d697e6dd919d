import { Button, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import { openAddress } from '../../api/desktop-host.ts';
import { useWords } from '../../i18n/use-words.ts';
import { CopyTextButton } from '../../ui/copy-text-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';

export type LinkDialogProps = Readonly<{ address: string | undefined; onClose: () => void }>;

/** Asks before an address that a program wrote is opened, and shows where it really leads. */
export function LinkDialog({ address, onClose }: LinkDialogProps): ReactElement {
  const words = useWords('terminal');
  const common = useWords('common');
  const [refusal, setRefusal] = useState<unknown>();
  const close = (): void => {
    setRefusal(undefined);
    onClose();
  };
  const open = async (): Promise<void> => {
    if (address === undefined) return;
    try {
      await openAddress(address);
      close();
    } catch (error) {
      setRefusal(error);
    }
  };
  return (
    <Modal
      opened={address !== undefined}
      onClose={close}
      size="lg"
      title={words('link.title')}
      centered
      closeButtonProps={{ 'aria-label': common('close') }}
    >
      <Stack>
        <Text>{words('link.from')}</Text>
        <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
          {address}
        </Code>
        {refusal !== undefined && <ErrorNote error={refusal} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" data-autofocus onClick={close}>
            {common('cancel')}
          </Button>
          <CopyTextButton text={address ?? ''} label={words('link.copy')} />
          <Button onClick={() => void open()}>{words('link.open')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
