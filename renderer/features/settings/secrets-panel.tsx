import { Text } from '@mantine/core';
import type { ReactElement } from 'react';

import type { SecretsStatus } from '../../../electron/shared/contract/methods/accounts.ts';
import { useCall } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { AccountList } from './account-list.tsx';
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
      <AccountList />
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
