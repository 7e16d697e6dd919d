import { Button, Checkbox, Group, Modal, PasswordInput, Radio, Stack, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { SecretPlaceName, SecretsStatus } from '../../../electron/shared/contract/methods/accounts.ts';
import { useAction, type InputOf } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';

const SHORTEST_PASSPHRASE = 8;

export type SecretPlaceMoveProps = Readonly<{ status: SecretsStatus }>;

/** Moves tokens to another place; what the move costs is read before the button does it. */
export function SecretPlaceMove({ status }: SecretPlaceMoveProps): ReactElement | null {
  const words = useWords('secrets');
  const common = useWords('common');
  const [isOpen, setIsOpen] = useState(false);
  const others = status.offers.filter((place) => place !== status.place);
  // A locked vault cannot be moved: it is unlocked or given up first, in the row below.
  if (others.length === 0 || status.vault === 'locked') return null;
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        aria-label={words('moveLabel')}
        onClick={() => setIsOpen(true)}
      >
        {words('move')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => setIsOpen(false)}
        title={words('moveTitle')}
        centered
        closeButtonProps={{ 'aria-label': common('close') }}
      >
        <MoveForm others={others} backend={status.keyring.backend} onDone={() => setIsOpen(false)} />
      </Modal>
    </>
  );
}

type MoveFormProps = Readonly<{
  others: readonly SecretPlaceName[];
  backend: string | undefined;
  onDone: () => void;
}>;

function MoveForm({ others, backend, onDone }: MoveFormProps): ReactElement {
  const words = useWords('secrets');
  const common = useWords('common');
  const move = useAction('accounts.keepIn');
  const [place, setPlace] = useState(others[0] ?? 'session');
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [isUnderstood, setIsUnderstood] = useState(false);
  const wish = wishOf(place, passphrase, again, isUnderstood);
  const differs = again !== '' && again !== passphrase;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (wish !== undefined) move.mutate(wish, { onSuccess: onDone });
      }}
    >
      <Stack>
        <Radio.Group label={words('moveTo')} value={place} onChange={(value) => setPlace(value)}>
          <Stack gap={8} mt={6}>
            {others.map((one) => (
              <Radio
                key={one}
                value={one}
                label={
                  one === 'keyring' && backend === undefined
                    ? words('place.keyringUnnamed')
                    : words(`place.${one}`, { backend })
                }
              />
            ))}
          </Stack>
        </Radio.Group>
        <Text>{words(`consequence.${place}`)}</Text>
        {place === 'vault' && (
          <>
            <PasswordInput
              label={words('passphrase')}
              autoComplete="new-password"
              value={passphrase}
              onChange={(event) => setPassphrase(event.currentTarget.value)}
            />
            <PasswordInput
              label={words('passphraseAgain')}
              autoComplete="new-password"
              value={again}
              error={differs ? words('passphraseDiffers') : undefined}
              onChange={(event) => setAgain(event.currentTarget.value)}
            />
          </>
        )}
        {place === 'file' && (
          <Checkbox
            label={words('understood')}
            checked={isUnderstood}
            onChange={(event) => setIsUnderstood(event.currentTarget.checked)}
          />
        )}
        {move.error !== null && <ErrorNote error={move.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onDone}>
            {common('cancel')}
          </Button>
          <Button type="submit" disabled={wish === undefined} loading={move.isPending}>
            {words('moveDo')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What is asked of the studio; undefined while something is still to be filled in. */
function wishOf(
  place: SecretPlaceName,
  passphrase: string,
  again: string,
  isUnderstood: boolean,
): InputOf<'accounts.keepIn'> | undefined {
  switch (place) {
    case 'vault':
      return passphrase.length >= SHORTEST_PASSPHRASE && passphrase === again
        ? { place, passphrase }
        : undefined;
    case 'file':
      return isUnderstood ? { place, understood: true } : undefined;
    case 'keyring':
    case 'session':
      return { place };
  }
}
