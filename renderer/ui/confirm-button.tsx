import { Button, Group, Modal, Stack, Text, type ButtonProps } from '@mantine/core';
import { useState, type ReactElement, type ReactNode } from 'react';

import { useWords } from '../i18n/use-words.ts';

export type ConfirmButtonProps = Readonly<{
  children: ReactNode;
  /** The whole of it for readers of screens, where several buttons say the same. */
  label?: string;
  /** What happens, as a question. */
  question: string;
  /** What is lost or cannot be undone. */
  consequence: ReactNode;
  /** The verb on the button that does it. */
  confirm: string;
  onConfirm: () => void;
  disabled?: boolean;
  loading?: boolean;
  button?: ButtonProps;
}>;

/** A button for what cannot be undone; asks once, with the consequence in words. */
export function ConfirmButton(props: ConfirmButtonProps): ReactElement {
  const words = useWords('common');
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        variant="default"
        disabled={props.disabled ?? false}
        loading={props.loading ?? false}
        onClick={() => setOpen(true)}
        {...(props.label === undefined ? {} : { 'aria-label': props.label })}
        {...props.button}
      >
        {props.children}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={props.question}
        centered
        closeButtonProps={{ 'aria-label': words('close') }}
      >
        <Stack>
          {typeof props.consequence === 'string' ? <Text>{props.consequence}</Text> : props.consequence}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" data-autofocus onClick={() => setOpen(false)}>
              {words('cancel')}
            </Button>
            <Button
              styles={{ root: { background: 'var(--le-red)', color: 'var(--le-panel)' } }}
              onClick={() => {
                setOpen(false);
                props.onConfirm();
              }}
            >
              {props.confirm}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
