import { Tabs, Text, Title } from '@mantine/core';
import type { ReactElement } from 'react';
import { useSearchParams } from 'react-router';

import { useWords } from '../../i18n/use-words.ts';
import { CachesTab } from './caches-tab.tsx';
import { GetTab } from './get-tab.tsx';
import { LibraryTab } from './library-tab.tsx';
import classes from './models.module.css';
import { useModelsTopic } from './use-models-topic.ts';

const TABS = ['library', 'get', 'caches'] as const;
type Tab = (typeof TABS)[number];

/** What is on this rig, what can be fetched, and what other programs have fetched already. */
export function ModelsScreen(): ReactElement {
  const words = useWords('models');
  const [address, setAddress] = useSearchParams();
  const topic = useModelsTopic();
  const tab: Tab = TABS.find((one) => one === address.get('tab')) ?? 'library';
  const open = (next: Tab, changes: Readonly<Record<string, string>> = {}): void =>
    setAddress({ ...(next === 'library' ? {} : { tab: next }), ...changes });
  const busy = topic?.downloads.length ?? 0;
  return (
    <div className={classes['screen']}>
      <Title order={1} fz="lg">
        {words('title')}
      </Title>
      <Tabs
        value={tab}
        onChange={(next) => open(TABS.find((one) => one === next) ?? 'library')}
        keepMounted={false}
        className={classes['tabs'] ?? ''}
      >
        <Tabs.List>
          <Tabs.Tab value="library">{words('tab.library')}</Tabs.Tab>
          <Tabs.Tab value="get">
            {words('tab.get')}
            {busy > 0 && (
              <Text span c="var(--le-accent)" ml={6}>
                {words('tab.busy', { count: busy })}
              </Text>
            )}
          </Tabs.Tab>
          <Tabs.Tab value="caches">{words('tab.caches')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="library" className={classes['body'] ?? ''}>
          <LibraryTab
            chosen={address.get('model') ?? undefined}
            onChoose={(model) => open('library', model === undefined ? {} : { model })}
            onGet={() => open('get')}
            digesting={topic?.digesting ?? undefined}
          />
        </Tabs.Panel>
        <Tabs.Panel value="get" className={classes['body'] ?? ''}>
          <GetTab downloads={topic?.downloads} onShow={(model) => open('library', { model })} />
        </Tabs.Panel>
        <Tabs.Panel value="caches" className={classes['body'] ?? ''}>
          <CachesTab onShow={(model) => open('library', { model })} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
