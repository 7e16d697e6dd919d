import { Button, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconCloudUpload, IconLock } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import type { ReleaseDraft } from '../../../electron/shared/contract/methods/releases.ts';
import type { Hub } from '../../../electron/shared/domain/hub-endpoints.ts';
import { useAction, useCall, type InputOf } from '../../api/hooks.ts';
import { formatBytes, formatDuration } from '../../i18n/format.ts';
import { useErrorLanguage, useLanguage, useWords } from '../../i18n/use-words.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { CardPreview } from './card-preview.tsx';
import { Fold } from './fold.tsx';
import { PartsPanel } from './parts-panel.tsx';
import {
  blockersOf,
  bytesPerSecondOf,
  chosenParts,
  firstChoice,
  partChoices,
  type ReleaseChoice,
} from './release-choice.ts';
import { TargetPanel } from './target-panel.tsx';
import { sendableTexts, TextsPanel } from './texts-panel.tsx';
import { uploadMs, useUplink } from './upload-time.ts';
import { WarningList } from './warning-list.tsx';
import classes from './release.module.css';

const TYPING_PAUSE_MS = 400;
/** Stands for the owner on a card that is looked at before there is an account. */
const NO_OWNER = 'owner';
const EXISTING = ['refuse', 'update-private', 'update-any'] as const;

export type ReleaseSource = InputOf<'releases.draft'>;

export type ReleaseFormProps = Readonly<{
  source: ReleaseSource;
  onStarted: (releaseId: string) => void;
}>;

/** Everything that a release needs, on one page, with the card beside it. */
export function ReleaseForm({ source, onStarted }: ReleaseFormProps): ReactElement {
  const draft = useCall('releases.draft', source);
  if (draft.error !== null) return <ErrorNote error={draft.error} onRetry={() => void draft.refetch()} />;
  if (draft.data === undefined) return <Skeletons rows={10} height={28} />;
  return <Form key={JSON.stringify(source)} source={source} draft={draft.data} onStarted={onStarted} />;
}

type FormProps = ReleaseFormProps & Readonly<{ draft: ReleaseDraft }>;

function Form({ source, draft, onStarted }: FormProps): ReactElement {
  const words = useWords('release');
  const language = useErrorLanguage();
  const accounts = useCall('accounts.list', {});
  const [choice, setChoice] = useViewMemory<ReleaseChoice>(
    `release.${JSON.stringify(source)}`,
    firstChoice(draft, language),
  );
  const account = accounts.data?.items.find(({ id }) => id === choice.account);
  const [looked, setLooked] = useState<Hub>();
  const hub = looked ?? account?.hub ?? 'modelscope';
  const owner = choice.namespace.trim() === '' ? (account?.username ?? '') : choice.namespace.trim();
  const preview = usePreview(draft, choice, owner, hub);
  const warnings = preview.data?.cards.flatMap((card) => card.warnings) ?? draft.warnings;
  const asksReason =
    choice.licenceReason !== '' ||
    warnings.some(({ code }) => code.includes('licence') && code !== 'card.no_licence');
  return (
    <div className={classes['columns']}>
      <Stack gap="md">
        <PartsPanel draft={draft} choice={choice} onChoice={setChoice} owner={owner} />
        {accounts.error !== null && (
          <ErrorNote error={accounts.error} onRetry={() => void accounts.refetch()} />
        )}
        {accounts.data !== undefined && (
          <TargetPanel
            draft={draft}
            accounts={accounts.data.items}
            choice={choice}
            onChoice={setChoice}
            asksReason={asksReason}
          />
        )}
        <TextsPanel draft={draft} choice={choice} onChoice={setChoice} />
        <Panel title={words('warnings.title')}>
          <WarningList warnings={warnings} />
        </Panel>
        <StartPanel draft={draft} choice={choice} onChoice={setChoice} owner={owner} onStarted={onStarted} />
      </Stack>
      <CardPreview
        cards={chosenParts(draft, choice).length === 0 ? [] : preview.data?.cards}
        error={preview.error}
        hub={hub}
        onHub={setLooked}
        language={choice.language}
        onLanguage={(next) => setChoice({ ...choice, language: next })}
      />
    </div>
  );
}

type CardInput = Pick<InputOf<'releases.preview'>, 'parts' | 'licence' | 'licenceReason' | 'texts'>;

const cardInput = (draft: ReleaseDraft, choice: ReleaseChoice, owner: string): CardInput => ({
  parts: partChoices(draft, choice, owner),
  licence: choice.licence.trim() === '' ? null : choice.licence.trim(),
  licenceReason: choice.licenceReason,
  texts: sendableTexts(choice.texts),
});

/** The cards of what is chosen; while names are typed, of the last whole ones. */
function usePreview(
  draft: ReleaseDraft,
  choice: ReleaseChoice,
  owner: string,
  hub: Hub,
): ReturnType<typeof useCall<'releases.preview'>> {
  const [settled] = useDebouncedValue(choice, TYPING_PAUSE_MS);
  const known = owner === '' ? NO_OWNER : owner;
  const isWhole = blockersOf(draft, { ...settled, account: 'any' }, known).every((one) => one === 'speed');
  return useCall(
    'releases.preview',
    isWhole ? { ...cardInput(draft, settled, known), hub, language: settled.language } : undefined,
    { keepPrevious: true },
  );
}

type StartPanelProps = Readonly<{
  draft: ReleaseDraft;
  choice: ReleaseChoice;
  onChoice: (choice: ReleaseChoice) => void;
  owner: string;
  onStarted: (releaseId: string) => void;
}>;

/** The two ways to begin, and in words what still keeps them from it. */
function StartPanel({ draft, choice, onChoice, owner, onStarted }: StartPanelProps): ReactElement {
  const words = useWords('release');
  const language = useLanguage();
  const start = useAction('releases.start');
  const [uplink] = useUplink();
  const blockers = blockersOf(draft, choice, owner);
  const bytes = chosenParts(draft, choice).reduce((sum, part) => sum + part.bytes, 0);
  const begin = (planOnly: boolean): void => {
    const limit = bytesPerSecondOf(choice.maxKilobytesPerSecond);
    start.mutate(
      {
        ...cardInput(draft, choice, owner),
        account: choice.account,
        language: choice.language,
        existing: choice.existing,
        deleteOthers: choice.existing !== 'refuse' && choice.deleteOthers,
        planOnly,
        ...(limit === undefined ? {} : { maxBytesPerSecond: limit }),
      },
      { onSuccess: ({ releaseId }) => onStarted(releaseId) },
    );
  };
  return (
    <Panel title={words('start.title')}>
      <Stack gap="sm">
        <Fold title={words('start.options')} summary={words(`start.existing.${choice.existing}`)}>
          <Stack gap="sm">
            <Select
              label={words('start.existingLabel')}
              data={EXISTING.map((value) => ({ value, label: words(`start.existing.${value}`) }))}
              description={words(`start.existingHint.${choice.existing}`)}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              value={choice.existing}
              allowDeselect={false}
              onChange={(value) =>
                onChoice({ ...choice, existing: EXISTING.find((one) => one === value) ?? 'refuse' })
              }
            />
            {choice.existing !== 'refuse' && (
              <Switch
                label={words('start.deleteOthers')}
                description={words('start.deleteOthersHint')}
                checked={choice.deleteOthers}
                onChange={(event) => onChoice({ ...choice, deleteOthers: event.currentTarget.checked })}
              />
            )}
            <TextInput
              w={240}
              label={words('start.speed')}
              placeholder={words('start.noLimit')}
              inputMode="numeric"
              error={blockers.includes('speed') ? words('blocker.speed') : undefined}
              value={choice.maxKilobytesPerSecond}
              onChange={(event) => onChoice({ ...choice, maxKilobytesPerSecond: event.currentTarget.value })}
            />
          </Stack>
        </Fold>
        <Text className={classes['sign'] ?? ''} data-tone="neutral">
          <IconLock size={16} aria-hidden />
          {words('start.private')}
        </Text>
        {start.error !== null && <ErrorNote error={start.error} />}
        <div className={classes['go']}>
          <Button
            leftSection={<IconCloudUpload size={16} aria-hidden />}
            disabled={blockers.length > 0}
            loading={start.isPending}
            onClick={() => begin(false)}
          >
            {words('start.do')}
          </Button>
          <Button
            variant="default"
            disabled={blockers.length > 0 || start.isPending}
            onClick={() => begin(true)}
          >
            {words('start.plan')}
          </Button>
          <Text c="dimmed" role="status">
            {blockers[0] === undefined
              ? words('start.cost', {
                  size: formatBytes(bytes),
                  time: formatDuration(uploadMs(bytes, uplink), language),
                })
              : words(`blocker.${blockers[0]}`)}
          </Text>
        </div>
      </Stack>
    </Panel>
  );
}
