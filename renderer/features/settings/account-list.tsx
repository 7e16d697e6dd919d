import { Button, Group, Modal, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconLock } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { useSearchParams } from 'react-router';

import type { Account } from '../../../electron/shared/contract/methods/accounts.ts';
import { HUBS, tokenPageOf, type Hub } from '../../../electron/shared/domain/hub-endpoints.ts';
import { openAddress } from '../../api/desktop-host.ts';
import { useAction, useCall } from '../../api/hooks.ts';
import { formatTime } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { OutsideLink } from '../../ui/outside-link.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { AccountForm, RenewForm } from './account-form.tsx';
import { SettingRow } from './setting-row.tsx';

/** The accounts of hubs. `/settings?section=secrets&add=<hub>` opens the form for one at once. */
export function AccountList(): ReactElement {
  const words = useWords('secrets');
  const common = useWords('common');
  const [address, setAddress] = useSearchParams();
  const accounts = useCall('accounts.list', {});
  const verify = useAction('accounts.verify');
  const wanted = HUBS.find((hub) => hub === address.get('add'));
  const [adding, setAdding] = useState<Hub | undefined>(wanted);
  const close = (): void => {
    setAdding(undefined);
    if (wanted !== undefined) setAddress({ section: 'secrets' }, { replace: true });
  };
  return (
    <>
      <Group justify="space-between" mt={16} mb={8}>
        <Title order={3} fz="sm">
          {words('accounts')}
        </Title>
        <Button size="compact-sm" onClick={() => setAdding('modelscope')}>
          {words('add')}
        </Button>
      </Group>
      <Modal
        opened={adding !== undefined}
        onClose={close}
        title={words('addTitle')}
        centered
        closeButtonProps={{ 'aria-label': common('close') }}
      >
        <AccountForm
          hub={adding ?? 'modelscope'}
          onSaved={(account) => {
            close();
            // Nobody wants to learn at the end of an upload that the token may only read.
            verify.mutate({ account: account.id });
          }}
          onClose={close}
        />
      </Modal>
      {verify.isPending && (
        <Text c="dimmed" role="status">
          {words('verifying')}
        </Text>
      )}
      {verify.error !== null && <ErrorNote error={verify.error} />}
      {accounts.isPending && <Skeletons rows={2} />}
      {accounts.error !== null && (
        <ErrorNote error={accounts.error} onRetry={() => void accounts.refetch()} />
      )}
      {accounts.data?.items.length === 0 && <Text>{words('none')}</Text>}
      {accounts.data?.items.map((account) => (
        <AccountRow key={account.id} account={account} />
      ))}
      {(accounts.data?.items.length ?? 0) > 0 && <RevokeHelp accounts={accounts.data?.items ?? []} />}
    </>
  );
}

function AccountRow({ account }: Readonly<{ account: Account }>): ReactElement {
  const words = useWords('secrets');
  const { label, hub, source, problem } = account;
  const remove = useAction('accounts.remove');
  const verify = useAction('accounts.verify');
  const hint = hintOf(account);
  return (
    <>
      <SettingRow name={source === 'stored' ? label : words(`hub.${hub}`)} hint={<Facts account={account} />}>
        <TokenState token={account.token} />
        <Group gap="xs">
          <Button
            variant="default"
            size="compact-sm"
            aria-label={words('verifyLabel', { label })}
            disabled={account.token !== 'ready'}
            loading={verify.isPending}
            onClick={() => verify.mutate({ account: account.id })}
          >
            {words('verify')}
          </Button>
          {source === 'stored' && (
            <>
              <Renew account={account} onRenewed={() => verify.mutate({ account: account.id })} />
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
            </>
          )}
        </Group>
      </SettingRow>
      {hint !== undefined && (
        <Text c="var(--le-amber)" role="status" mb={8}>
          {words(hint)}
        </Text>
      )}
      {verify.error !== null && <ErrorNote error={verify.error} />}
      {problem !== undefined && <ErrorNote error={problem} />}
      {remove.error !== null && <ErrorNote error={remove.error} />}
    </>
  );
}

/** What a verified token cannot do; the hub says so before anything is hashed. */
const hintOf = ({ canWrite, token }: Account): string | undefined =>
  canWrite === false && token === 'ready' ? 'readOnly' : undefined;

function Facts({ account }: Readonly<{ account: Account }>): string {
  const words = useWords('secrets');
  const language = useLanguage();
  const { canWrite, hub, namespaces = [], origin, source, username, variable, verifiedAtMs } = account;
  const others = namespaces.filter((name) => name !== username);
  return [
    ...(source === 'stored' ? [words(`hub.${hub}`)] : []),
    origin,
    ...(username === undefined ? [] : [words('user', { username })]),
    ...(others.length === 0 ? [] : [words('namespaces', { names: others.join(', ') })]),
    ...(canWrite === true ? [words('canWrite')] : []),
    ...(variable === undefined ? [] : [words('handed', { variable })]),
    verifiedAtMs === undefined
      ? words('neverVerified')
      : words('verifiedAt', { time: formatTime(verifiedAtMs, language) }),
  ].join(' · ');
}

type RenewProps = Readonly<{ account: Account; onRenewed: () => void }>;

function Renew({ account, onRenewed }: RenewProps): ReactElement {
  const words = useWords('secrets');
  const common = useWords('common');
  const [isOpen, setOpen] = useState(false);
  const { label } = account;
  const close = (): void => setOpen(false);
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        aria-label={words('renewLabel', { label })}
        onClick={() => setOpen(true)}
      >
        {words('renew')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={words('renewTitle', { label })}
        centered
        closeButtonProps={{ 'aria-label': common('close') }}
      >
        <RenewForm
          account={account}
          onSaved={() => {
            close();
            onRenewed();
          }}
          onClose={close}
        />
      </Modal>
    </>
  );
}

/** A token that got out is only worth nothing once its hub says so. */
function RevokeHelp({ accounts }: Readonly<{ accounts: readonly Account[] }>): ReactElement {
  const words = useWords('secrets');
  const pages = new Map(accounts.map(({ hub, origin }) => [tokenPageOf(hub, origin), new URL(origin).host]));
  return (
    <Group gap="xs" mt={12}>
      <Text c="dimmed">{words('revoke')}</Text>
      {[...pages].map(([page, host]) => (
        <OutsideLink key={page} address={page} open={openAddress}>
          {words('tokenPage', { host })}
        </OutsideLink>
      ))}
    </Group>
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
