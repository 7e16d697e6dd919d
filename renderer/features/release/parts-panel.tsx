import { Button, Checkbox, Group, Text, TextInput } from '@mantine/core';
import type { ReactElement } from 'react';
import { Link } from 'react-router';

import type { ReleaseDraft } from '../../../electron/shared/contract/methods/releases.ts';
import { bytesParts, formatBytes, formatDuration, formatNumber } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { Panel } from '../../ui/panel.tsx';
import { Quantity } from '../../ui/quantity.tsx';
import { MergeNow } from './merge-now.tsx';
import { isName, nameOf, partKey, togglePart, type DraftPart, type ReleaseChoice } from './release-choice.ts';
import classes from './release.module.css';
import { uploadMs, useUplink } from './upload-time.ts';

export type PartsPanelProps = Readonly<{
  draft: ReleaseDraft;
  choice: ReleaseChoice;
  onChoice: (choice: ReleaseChoice) => void;
  /** Owner of the repositories, as far as it is known. */
  owner: string;
}>;

/** What is released, each part with its size, its time and the name of its repository. */
export function PartsPanel({ draft, choice, onChoice, owner }: PartsPanelProps): ReactElement {
  const words = useWords('release');
  const [uplink] = useUplink();
  const hasMerged = draft.parts.some(({ part }) => part === 'merged');
  const adapter = draft.parts.find(({ part }) => part === 'adapter');
  const ofModel = draft.parts[0]?.modelId;
  return (
    <Panel title={words('what.title')}>
      <ul className={classes['rows']}>
        {draft.parts.map((part) => (
          <PartRow
            key={partKey(part)}
            part={part}
            choice={choice}
            owner={owner}
            uplink={uplink}
            onToggle={() => onChoice(togglePart(draft, choice, part))}
            onName={(name) => onChoice({ ...choice, names: { ...choice.names, [partKey(part)]: name } })}
          />
        ))}
      </ul>
      <Text c="dimmed" fz="xs" mt={8}>
        {words('what.uplink', { speed: formatBytes(uplink) })}
      </Text>
      <Group gap="xs" mt={12}>
        {!hasMerged && adapter?.runId !== undefined && <MergeNow runId={adapter.runId} step={adapter.step} />}
        <Button
          component={Link}
          size="compact-sm"
          variant="default"
          to={`/models?model=${ofModel ?? draft.runId ?? ''}&export=1`}
        >
          {words('what.local')}
        </Button>
      </Group>
    </Panel>
  );
}

type PartRowProps = Readonly<{
  part: DraftPart;
  choice: ReleaseChoice;
  owner: string;
  uplink: number;
  onToggle: () => void;
  onName: (name: string) => void;
}>;

function PartRow({ part, choice, owner, uplink, onToggle, onName }: PartRowProps): ReactElement {
  const words = useWords('release');
  const language = useLanguage();
  const isChosen = choice.chosen.includes(partKey(part));
  const name = nameOf(choice, part);
  const kind = words(`part.${part.part}`);
  const facts = [
    ...(part.part === 'adapter' && part.step !== undefined
      ? [words('what.step', { step: formatNumber(part.step) })]
      : []),
    ...(part.part === 'adapter' ? [] : [part.name]),
    words('what.files', { count: part.files.length }),
  ];
  return (
    <li>
      <div className={classes['partHead']}>
        <Checkbox
          checked={isChosen}
          onChange={onToggle}
          label={kind}
          description={facts.join(' · ')}
          styles={{ label: { fontWeight: 600 } }}
        />
        <span className={classes['figures']}>
          <Quantity {...bytesParts(part.bytes)} />
          <span className={classes['time']}>
            {words('what.time', { time: formatDuration(uploadMs(part.bytes, uplink), language) })}
          </span>
        </span>
      </div>
      {isChosen && (
        <TextInput
          mt={8}
          ml={32}
          aria-label={words('what.nameOf', { part: kind })}
          description={words('what.becomes', { repository: `${owner === '' ? '…' : owner}/${name}` })}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          error={isName(name) ? undefined : words('blocker.name')}
          value={name}
          onChange={(event) => onName(event.currentTarget.value)}
        />
      )}
    </li>
  );
}
