import { SegmentedControl, Tabs, Text } from '@mantine/core';
import { useMemo, useState, type ReactElement } from 'react';

import type { CardLanguage } from '../../../electron/shared/domain/card/card-record.ts';
import { HUBS, type Hub } from '../../../electron/shared/domain/hub-endpoints.ts';
import type { OutputOf } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Markdown } from '../../ui/markdown/markdown.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { splitCard } from './split-card.ts';
import classes from './release.module.css';

export type CardPreviewProps = Readonly<{
  cards: OutputOf<'releases.preview'>['cards'] | undefined;
  error: unknown;
  hub: Hub;
  onHub: (hub: Hub) => void;
  language: CardLanguage;
  onLanguage: (language: CardLanguage) => void;
}>;

/** The cards word for word as they will be uploaded; their Markdown is never HTML. */
export function CardPreview(props: CardPreviewProps): ReactElement {
  const { cards, error, hub, onHub, language, onLanguage } = props;
  const words = useWords('release');
  const [part, setPart] = useState<string>();
  const shown = cards?.find((card) => card.part === part) ?? cards?.[0];
  return (
    <Panel
      title={words('card.title')}
      className={classes['preview'] ?? ''}
      actions={
        <>
          <SegmentedControl
            size="xs"
            aria-label={words('card.hub')}
            value={hub}
            onChange={(next) => onHub(HUBS.find((one) => one === next) ?? hub)}
            data={HUBS.map((one) => ({ value: one, label: words(`hub.${one}`) }))}
          />
          <SegmentedControl
            size="xs"
            aria-label={words('card.language')}
            value={language}
            onChange={(next) => onLanguage(next === 'en' ? 'en' : 'zh')}
            data={[
              { value: 'zh', label: words('card.zh') },
              { value: 'en', label: words('card.en') },
            ]}
          />
        </>
      }
    >
      {error !== null && <ErrorNote error={error} />}
      {cards === undefined && error === null && <Skeletons rows={12} />}
      {cards?.length === 0 && <Text c="dimmed">{words('card.none')}</Text>}
      {shown !== undefined && cards !== undefined && (
        <>
          {cards.length > 1 && (
            <Tabs value={shown.part} onChange={(next) => setPart(next ?? undefined)} mb={12}>
              <Tabs.List>
                {cards.map((card) => (
                  <Tabs.Tab key={card.part} value={card.part}>
                    {words(`part.${card.part}`)}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
            </Tabs>
          )}
          <Card readme={shown.readme} />
        </>
      )}
    </Panel>
  );
}

function Card({ readme }: Readonly<{ readme: string }>): ReactElement {
  const words = useWords('release');
  const { frontMatter, body } = useMemo(() => splitCard(readme), [readme]);
  return (
    <article className={classes['card']} aria-label={words('card.title')} tabIndex={0}>
      {frontMatter !== '' && (
        <pre className={classes['front']} aria-label={words('card.front')}>
          {frontMatter}
        </pre>
      )}
      <Markdown text={body} />
    </article>
  );
}
