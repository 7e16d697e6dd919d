import { Autocomplete, Button, Group, Select, Stack, Text, Textarea } from '@mantine/core';
import type { ReactElement } from 'react';
import { Link } from 'react-router';

import type { Account } from '../../../electron/shared/contract/methods/accounts.ts';
import type { ReleaseDraft } from '../../../electron/shared/contract/methods/releases.ts';
import { KNOWN_LICENCES } from '../../../electron/shared/domain/card/licences.ts';
import { useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Panel } from '../../ui/panel.tsx';
import type { ReleaseChoice } from './release-choice.ts';

const MOST_LICENCE = 100;
const MOST_REASON = 1000;

export type TargetPanelProps = Readonly<{
  draft: ReleaseDraft;
  accounts: readonly Account[];
  choice: ReleaseChoice;
  onChoice: (choice: ReleaseChoice) => void;
  /** Whether a warning about licences stands, so that a reason belongs on the card. */
  asksReason: boolean;
}>;

/** Where it goes: account, owner, licence. A licence is never chosen for a person. */
export function TargetPanel(props: TargetPanelProps): ReactElement {
  const { draft, accounts, choice, onChoice, asksReason } = props;
  const words = useWords('release');
  if (accounts.length === 0) {
    return (
      <Panel title={words('where.title')}>
        <EmptyState
          icon={undefined}
          sentence={words('where.none')}
          action={
            <Button component={Link} to="/settings?section=secrets&add=modelscope">
              {words('where.add')}
            </Button>
          }
        />
      </Panel>
    );
  }
  const account = accounts.find(({ id }) => id === choice.account);
  const { baseLicence } = draft;
  return (
    <Panel
      title={words('where.title')}
      actions={
        <Button component={Link} size="compact-sm" variant="subtle" to="/settings?section=secrets">
          {words('where.accounts')}
        </Button>
      }
    >
      <Stack gap="sm">
        <Group gap="sm" grow align="flex-start">
          <Select
            label={words('where.account')}
            placeholder={words('where.choose')}
            data={accounts.map((one) => ({
              value: one.id,
              label: accountName(one, words(`hub.${one.hub}`)),
              disabled: one.token !== 'ready',
            }))}
            value={choice.account === '' ? null : choice.account}
            allowDeselect={false}
            error={
              account !== undefined && account.token !== 'ready'
                ? words(`where.token.${account.token}`)
                : undefined
            }
            onChange={(next) => onChoice({ ...choice, account: next ?? '', namespace: '' })}
          />
          <Autocomplete
            label={words('where.owner')}
            description={words('where.ownerHint')}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            placeholder={account?.username ?? words('where.ownerNeeded')}
            data={account?.namespaces ?? []}
            value={choice.namespace}
            onChange={(namespace) => onChoice({ ...choice, namespace })}
          />
        </Group>
        <Group gap="sm" align="flex-end">
          <Autocomplete
            flex={1}
            label={words('where.licence')}
            placeholder={words('where.noLicence')}
            maxLength={MOST_LICENCE}
            data={KNOWN_LICENCES.map(({ title }) => title)}
            value={choice.licence}
            onChange={(licence) => onChoice({ ...choice, licence })}
          />
          {baseLicence?.name !== undefined && (
            <Button
              variant="default"
              onClick={() => onChoice({ ...choice, licence: baseLicence.name ?? '' })}
            >
              {words('where.useBase')}
            </Button>
          )}
        </Group>
        <Text c="dimmed" fz="xs">
          {baseLicence === undefined
            ? words('where.baseUnknown')
            : baseLicence.name === undefined
              ? words('where.baseFile', { file: baseLicence.file })
              : words('where.base', { licence: baseLicence.name, file: baseLicence.file })}
        </Text>
        {asksReason && (
          <Textarea
            label={words('where.reason')}
            description={words('where.reasonHint')}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            autosize
            maxLength={MOST_REASON}
            value={choice.licenceReason}
            onChange={(event) => onChoice({ ...choice, licenceReason: event.currentTarget.value })}
          />
        )}
      </Stack>
    </Panel>
  );
}

const accountName = ({ label, hub, origin, source }: Account, hubName: string): string =>
  source === 'stored'
    ? `${label} · ${hub === 'modelscope' ? new URL(origin).host : hubName}`
    : `${hubName} · ${label}`;
