import { Button, Checkbox, Group, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { Account } from '../../../electron/shared/contract/methods/accounts.ts';
import { HUB_ORIGINS, HUBS, tokenPageOf, type Hub } from '../../../electron/shared/domain/hub-endpoints.ts';
import { openAddress } from '../../api/desktop-host.ts';
import { useAction } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { OutsideLink } from '../../ui/outside-link.tsx';

/** As the contract takes it: what a header can carry. */
const TOKEN = /^[\x21-\x7e]{8,4096}$/u;
const OWN = 'own';
const MOST_LABEL = 80;

export type AccountFormProps = Readonly<{
  hub: Hub;
  onSaved: (account: Account) => void;
  onClose: () => void;
}>;

/** A new account: hub, site, token. An address that is not the hub's own needs a person's word for it. */
export function AccountForm({ hub: first, onSaved, onClose }: AccountFormProps): ReactElement {
  const words = useWords('secrets');
  const put = useAction('accounts.put');
  const [hub, setHub] = useState<Hub>(first);
  const [site, setSite] = useState<string>(HUB_ORIGINS[first][0]);
  const [address, setAddress] = useState('');
  const [label, setLabel] = useState('');
  const [token, setToken] = useState('');
  const [agreed, setAgreed] = useState<string>();
  const isOwn = site === OWN;
  const endpoint = isOwn ? address.trim() : site;
  // The core says what the address comes to; agreeing to it is agreeing to that origin and no other.
  const foreign = isOwn ? foreignOrigin(put.error) : undefined;
  const hasAgreed = foreign !== undefined && agreed === foreign;
  const isWhole = TOKEN.test(token.trim()) && endpoint !== '';
  const changeAddress = (next: string): void => {
    setAddress(next);
    setAgreed(undefined);
    put.reset();
  };
  const save = (): void =>
    put.mutate(
      {
        hub,
        endpoint,
        token: token.trim(),
        ...(label.trim() === '' ? {} : { label: label.trim() }),
        ...(agreed === undefined ? {} : { agreedOrigin: agreed }),
      },
      { onSuccess: onSaved },
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isWhole) save();
      }}
    >
      <Stack gap="sm">
        <Group gap="sm" grow align="flex-start">
          <Select
            label={words('form.hub')}
            data={HUBS.map((one) => ({ value: one, label: words(`hub.${one}`) }))}
            value={hub}
            allowDeselect={false}
            onChange={(value) => {
              const next = HUBS.find((one) => one === value) ?? hub;
              setHub(next);
              setSite(HUB_ORIGINS[next][0]);
              changeAddress('');
            }}
          />
          <Select
            label={words('form.site')}
            data={[
              ...HUB_ORIGINS[hub].map((origin) => ({
                value: origin,
                label: words(`form.sites.${siteKey(hub, origin)}`, { host: hostOf(origin) }),
              })),
              { value: OWN, label: words('form.sites.own') },
            ]}
            value={site}
            allowDeselect={false}
            onChange={(value) => {
              setSite(value ?? site);
              changeAddress('');
            }}
          />
        </Group>
        {hub === 'modelscope' && !isOwn && <Text c="dimmed">{words('form.siteHint')}</Text>}
        {isOwn && (
          <TextInput
            label={words('form.address')}
            description={words('form.addressHint')}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            placeholder="https://"
            value={address}
            onChange={(event) => changeAddress(event.currentTarget.value)}
          />
        )}
        <TokenField token={token} onToken={setToken} />
        {!isOwn && (
          <OutsideLink address={tokenPageOf(hub, site)} open={openAddress}>
            {words('form.tokenPage', { host: hostOf(site) })}
          </OutsideLink>
        )}
        <TextInput
          label={words('form.label')}
          maxLength={MOST_LABEL}
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        {put.error !== null && !hasAgreed && <ErrorNote error={put.error} />}
        {foreign !== undefined && (
          <Checkbox
            label={words('form.agree', { origin: foreign })}
            checked={hasAgreed}
            onChange={(event) => setAgreed(event.currentTarget.checked ? foreign : undefined)}
          />
        )}
        <FormEnd
          verb={words('form.add')}
          isWhole={isWhole && (foreign === undefined || hasAgreed)}
          isBusy={put.isPending}
          onClose={onClose}
        />
      </Stack>
    </form>
  );
}

export type RenewFormProps = Readonly<{
  account: Account;
  onSaved: (account: Account) => void;
  onClose: () => void;
}>;

/** Another token for an account; where it may go does not change. */
export function RenewForm({ account, onSaved, onClose }: RenewFormProps): ReactElement {
  const words = useWords('secrets');
  const put = useAction('accounts.put');
  const [token, setToken] = useState('');
  const { hub, id, origin } = account;
  const isWhole = TOKEN.test(token.trim());
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isWhole) put.mutate({ account: id, token: token.trim() }, { onSuccess: onSaved });
      }}
    >
      <Stack gap="sm">
        <Text>{words('form.bound', { origin })}</Text>
        <TokenField token={token} onToken={setToken} />
        <OutsideLink address={tokenPageOf(hub, origin)} open={openAddress}>
          {words('form.tokenPage', { host: hostOf(origin) })}
        </OutsideLink>
        {put.error !== null && <ErrorNote error={put.error} />}
        <FormEnd verb={words('form.renew')} isWhole={isWhole} isBusy={put.isPending} onClose={onClose} />
      </Stack>
    </form>
  );
}

type TokenFieldProps = Readonly<{ token: string; onToken: (token: string) => void }>;

function TokenField({ token, onToken }: TokenFieldProps): ReactElement {
  const words = useWords('secrets');
  const [wasLeft, setLeft] = useState(false);
  const isWrong = wasLeft && token !== '' && !TOKEN.test(token.trim());
  return (
    <PasswordInput
      label={words('form.token')}
      description={words('form.tokenHint')}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      error={isWrong ? words('form.tokenWrong') : undefined}
      autoComplete="off"
      spellCheck={false}
      data-autofocus
      value={token}
      onBlur={() => setLeft(true)}
      onChange={(event) => onToken(event.currentTarget.value)}
    />
  );
}

type FormEndProps = Readonly<{ verb: string; isWhole: boolean; isBusy: boolean; onClose: () => void }>;

function FormEnd({ verb, isWhole, isBusy, onClose }: FormEndProps): ReactElement {
  const common = useWords('common');
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={onClose}>
        {common('cancel')}
      </Button>
      <Button type="submit" disabled={!isWhole} loading={isBusy}>
        {verb}
      </Button>
    </Group>
  );
}

const hostOf = (origin: string): string => new URL(origin).host;

/** The hub's first site goes by its host; ModelScope's second is another country's, with other accounts. */
const siteKey = (hub: Hub, origin: string): string => {
  if (hub === 'huggingface') return 'only';
  return origin === HUB_ORIGINS.modelscope[0] ? 'china' : 'international';
};

function foreignOrigin(
  error: Readonly<{ code: string; params: Readonly<Record<string, unknown>> }> | null,
): string | undefined {
  if (error?.code !== 'accounts.endpoint_not_allowed') return undefined;
  const origin = error.params['origin'];
  return typeof origin === 'string' ? origin : undefined;
}
