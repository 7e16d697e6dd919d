import { Button, Group, PasswordInput } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { SecretsStatus } from '../../../electron/shared/contract/methods/accounts.ts';
import { useAction } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { SettingRow } from './setting-row.tsx';

/** The vault's lock. A forgotten passphrase leaves one way out, which says what it costs. */
export function VaultRow({ status }: Readonly<{ status: SecretsStatus }>): ReactElement {
  const words = useWords('secrets');
  const lock = useAction('accounts.lock');
  const isLocked = status.vault === 'locked';
  return (
    <>
      <SettingRow
        name={`${words('vault')} · ${words(isLocked ? 'vaultLocked' : 'vaultUnlocked')}`}
        hint={words(isLocked ? 'vaultLockedHint' : 'vaultUnlockedHint')}
      >
        {isLocked ? (
          <Unlock status={status} />
        ) : (
          <Button
            variant="default"
            size="compact-sm"
            loading={lock.isPending}
            onClick={() => lock.mutate({})}
          >
            {words('lock')}
          </Button>
        )}
      </SettingRow>
      {lock.error !== null && <ErrorNote error={lock.error} />}
    </>
  );
}

function Unlock({ status }: Readonly<{ status: SecretsStatus }>): ReactElement {
  const words = useWords('secrets');
  const unlock = useAction('accounts.unlock');
  const discard = useAction('accounts.keepIn');
  const [passphrase, setPassphrase] = useState('');
  const place = status.keyring.available ? 'keyring' : 'session';
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          // What was typed does not outlive the attempt, right or wrong.
          unlock.mutate({ passphrase }, { onSettled: () => setPassphrase('') });
        }}
      >
        <Group gap="xs" align="flex-end" wrap="nowrap">
          <PasswordInput
            w={220}
            label={words('unlockPassphrase')}
            autoComplete="off"
            value={passphrase}
            onChange={(event) => setPassphrase(event.currentTarget.value)}
          />
          <Button type="submit" disabled={passphrase === ''} loading={unlock.isPending}>
            {words('unlock')}
          </Button>
        </Group>
      </form>
      <ConfirmButton
        question={words('discardQuestion')}
        consequence={words('discardConsequence')}
        confirm={words('discard')}
        loading={discard.isPending}
        onConfirm={() => discard.mutate({ place, discard: true })}
        button={{ size: 'compact-sm', variant: 'subtle' }}
      >
        {words('discard')}
      </ConfirmButton>
      {[unlock.error, discard.error].map(
        (error) =>
          error !== null && (
            <div key={error.code} style={{ flexBasis: '100%' }}>
              <ErrorNote error={error} />
            </div>
          ),
      )}
    </>
  );
}
