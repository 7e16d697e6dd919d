import { Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconLock } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { Account, SecretsStatus } from '../../../electron/shared/contract/methods/accounts.ts';
import { useAction, useCall } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { SecretPlaceMove } from './secret-place-move.tsx';
import { SettingRow } from './setting-row.tsx';
import { VaultRow } from './vault-row.tsx';

/** Where tokens are kept and why there, the vault's lock, and the accounts. A token is never shown: no page has one. */
export function SecretsPanel(): ReactElement {
  const words = useWords('settings');
  const own = useWords('secrets');
  const status = useCall('accounts.status', {});
  return (
    <Panel title={words('section.secrets')}>
      <Text c="dimmed" mb={12}>
        {own('what')}
      </Text>
      {status.isPending && <Skeletons rows={2} />}
      {status.error !== null && <ErrorNote error={status.error} onRetry={() => void status.refetch()} />}
      {status.data !== undefined && (
        <>
          <PlaceRow status={status.data} />
          {status.data.vault !== 'none' && <VaultRow status={status.data} />}
        </>
      )}
      <Title order={3} fz="sm" mt={16} mb={8}>
        {own('accounts')}
      </Title>
      <Accounts />
    </Panel>
  );
}

function PlaceRow({ status }: Readonly<{ status: SecretsStatus }>): ReactElement {
  const words = useWords('secrets');
  return (
    <SettingRow
      name={words('keptIn')}
      hint={words(`why.${whyOf(status)}`, { backend: status.keyring.backend ?? '–' })}
    >
      <Text>{words(placeKey(status), { backend: status.keyring.backend })}</Text>
      <SecretPlaceMove status={status} />
    </SettingRow>
  );
}

const placeKey = ({ place, keyring }: SecretsStatus): string =>
  place === 'keyring' && keyring.backend === undefined ? 'place.keyringUnnamed' : `place.${place}`;

/** Memory needs a reason; every other place is one that was chosen, or the best there is. */
const whyOf = ({ place, keyring }: SecretsStatus): string => {
  if (place !== 'session') return place;
  return keyring.available ? 'late' : (keyring.reason ?? 'unavailable');
};

function Accounts(): ReactElement {
  const words = useWords('secrets');
  const accounts = useCall('accounts.list', {});
  if (accounts.isPending) return <Skeletons rows={2} />;
  if (accounts.error !== null)
    return <ErrorNote error={accounts.error} onRetry={() => void accounts.refetch()} />;
  if (accounts.data.items.length === 0) return <Text>{words('none')}</Text>;
  return (
    <>
      {accounts.data.items.map((account) => (
        <AccountRow key={account.id} account={account} />
      ))}
    </>
  );
}

function AccountRow({ account }: Readonly<{ account: Account }>): ReactElement {
  const words = useWords('secrets');
  const remove = useAction('accounts.remove');
  const { label, hub, origin, source, variable, problem } = account;
  const name = source === 'stored' ? label : words(`hub.${hub}`);
  const facts = [
    ...(source === 'stored' ? [words(`hub.${hub}`)] : []),
    origin,
    ...(variable === undefined ? [] : [words('handed', { variable })]),
  ];
  return (
    <>
      <SettingRow name={name} hint={facts.join(' · ')}>
        <TokenState token={account.token} />
        {source === 'stored' && (
          <ConfirmButton
            question={words('removeQuestion', { label })}
            consequence={words('removeConsequence')}
            confirm={words('remove')}
            label={words('removeLabel', { label })}
            loading={remove.isPending}
            onConfirm={() => remove.mutate({ account: account.id })}
            button={{ size: 'compact-sm' }}
          >
            {words('remove')}
          </ConfirmButton>
        )}
      </SettingRow>
      {problem !== undefined && <ErrorNote error={problem} />}
      {remove.error !== null && <ErrorNote error={remove.error} />}
    </>
  );
}

const SIGNS = {
  ready: { Sign: IconCircleCheck, color: 'var(--le-ink)' },
  locked: { Sign: IconLock, color: 'var(--le-amber)' },
  missing: { Sign: IconAlertTriangle, color: 'var(--le-amber)' },
  refused: { Sign: IconAlertTriangle, color: 'var(--le-red)' },
} as const;

function TokenState({ token }: Pick<Account, 'token'>): ReactElement {
  const words = useWords('secrets');
  const { Sign, color } = SIGNS[token];
  return (
    <Text c={color} style={{ display: 'inline-flex', alignItems: 'center', gap: 6 }}>
      <Sign size={16} aria-hidden />
      {words(`token.${token}`)}
    </Text>
  );
}
