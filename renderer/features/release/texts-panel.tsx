import { Checkbox, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import type { ReactElement } from 'react';

import type { ReleaseDraft, ReleaseTexts } from '../../../electron/shared/contract/methods/releases.ts';
import { CARD_DOMAINS } from '../../../electron/shared/domain/card/card-record.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Panel } from '../../ui/panel.tsx';
import { Fold } from './fold.tsx';
import type { ReleaseChoice } from './release-choice.ts';

const MOST_TITLE = 120;
const MOST_TEXT = 4000;
const LINK = /^https?:\/\/\S+$/u;

export type TextsPanelProps = Readonly<{
  draft: ReleaseDraft;
  choice: ReleaseChoice;
  onChoice: (choice: ReleaseChoice) => void;
}>;

/** What only a person can say on a card; everything that is left empty keeps the studio's words. */
export function TextsPanel({ draft, choice, onChoice }: TextsPanelProps): ReactElement {
  const words = useWords('release');
  const { texts } = choice;
  const change = (next: Partial<ReleaseTexts>): void => onChoice({ ...choice, texts: { ...texts, ...next } });
  return (
    <Panel title={words('texts.title')}>
      <Stack gap={4}>
        <Fold title={words('texts.words')} summary={words(`texts.domains.${texts.domain}`)}>
          <Stack gap="sm">
            <Group gap="sm" grow align="flex-start">
              <TextInput
                label={words('texts.name')}
                placeholder={draft.name}
                maxLength={MOST_TITLE}
                value={texts.title}
                onChange={(event) => change({ title: event.currentTarget.value })}
              />
              <Select
                label={words('texts.domain')}
                data={CARD_DOMAINS.map((domain) => ({
                  value: domain,
                  label: words(`texts.domains.${domain}`),
                }))}
                value={texts.domain}
                allowDeselect={false}
                onChange={(value) =>
                  change({ domain: CARD_DOMAINS.find((domain) => domain === value) ?? texts.domain })
                }
              />
            </Group>
            {(['intendedUse', 'limitations', 'citation'] as const).map((field) => (
              <Textarea
                key={field}
                label={words(`texts.${field}`)}
                placeholder={words(field === 'citation' ? 'texts.noCitation' : 'texts.studioWords')}
                autosize
                minRows={2}
                maxRows={8}
                maxLength={MOST_TEXT}
                value={texts[field]}
                onChange={(event) => change({ [field]: event.currentTarget.value })}
              />
            ))}
            <Checkbox
              label={words('texts.disclaimer')}
              checked={texts.disclaimer}
              onChange={(event) => change({ disclaimer: event.currentTarget.checked })}
            />
          </Stack>
        </Fold>
        {draft.datasets.length > 0 && (
          <Fold title={words('texts.datasets')} summary={draft.datasets.map(({ name }) => name).join(' · ')}>
            <Stack gap="md">
              {draft.datasets.map(({ name }) => (
                <DatasetFields key={name} name={name} texts={texts} onChange={change} />
              ))}
            </Stack>
          </Fold>
        )}
        {draft.samplePrompts.length > 0 && (
          <Fold
            title={words('texts.samples')}
            summary={words('texts.samplesChosen', { count: texts.samplePrompts.length })}
          >
            <Stack gap={8}>
              <Text c="dimmed" fz="xs">
                {words('texts.samplesHint')}
              </Text>
              {draft.samplePrompts.map((prompt) => (
                <Checkbox
                  key={prompt}
                  label={prompt}
                  checked={texts.samplePrompts.includes(prompt)}
                  onChange={(event) =>
                    change({
                      samplePrompts: event.currentTarget.checked
                        ? [...texts.samplePrompts, prompt]
                        : texts.samplePrompts.filter((one) => one !== prompt),
                    })
                  }
                />
              ))}
            </Stack>
          </Fold>
        )}
      </Stack>
    </Panel>
  );
}

type DatasetFieldsProps = Readonly<{
  name: string;
  texts: ReleaseTexts;
  onChange: (next: Partial<ReleaseTexts>) => void;
}>;

/** Where the rows come from: the studio has a file and cannot know its publisher. */
function DatasetFields({ name, texts, onChange }: DatasetFieldsProps): ReactElement {
  const words = useWords('release');
  const known = texts.datasets.find((one) => one.name === name);
  const change = (field: 'link' | 'licence' | 'generatedBy', value: string): void => {
    const { [field]: _former, ...rest } = known ?? { name };
    const next = value.trim() === '' ? rest : { ...rest, [field]: value };
    onChange({ datasets: [...texts.datasets.filter((one) => one.name !== name), next] });
  };
  const link = known?.link ?? '';
  return (
    <div>
      <Text fw={600} mb={4}>
        {name}
      </Text>
      <Group gap="sm" grow align="flex-start">
        <TextInput
          label={words('texts.link')}
          placeholder="https://"
          error={link !== '' && !LINK.test(link) ? words('texts.linkWrong') : undefined}
          value={link}
          onChange={(event) => change('link', event.currentTarget.value)}
        />
        <TextInput
          label={words('texts.licence')}
          maxLength={100}
          value={known?.licence ?? ''}
          onChange={(event) => change('licence', event.currentTarget.value)}
        />
        <TextInput
          label={words('texts.generatedBy')}
          placeholder={words('texts.generatedByHint')}
          maxLength={100}
          value={known?.generatedBy ?? ''}
          onChange={(event) => change('generatedBy', event.currentTarget.value)}
        />
      </Group>
    </div>
  );
}

/** The texts without links that are none: the core would refuse the whole card. */
export const sendableTexts = (texts: ReleaseTexts): ReleaseTexts => ({
  ...texts,
  datasets: texts.datasets.map(({ link, ...rest }) =>
    link !== undefined && LINK.test(link) ? { ...rest, link } : rest,
  ),
});
