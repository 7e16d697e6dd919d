import { Button, Group, Select, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconCloudUpload } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { Link } from 'react-router';

import type { ReleaseSummary } from '../../../electron/shared/contract/methods/releases.ts';
import { useCall } from '../../api/hooks.ts';
import { formatTime } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { ReleaseState } from './release-state.tsx';
import { useReleases } from './use-releases.ts';
import classes from './release.module.css';

const TYPING_PAUSE_MS = 200;
const MOST_FOUND = 50;

export type ReleaseHomeProps = Readonly<{ onSource: (kind: 'run' | 'model', id: string) => void }>;

/** What to release, and every earlier release. */
export function ReleaseHome({ onSource }: ReleaseHomeProps): ReactElement {
  const words = useWords('release');
  return (
    <div className={classes['home']}>
      <Panel title={words('source.title')}>
        <SourcePicker onSource={onSource} />
      </Panel>
      <Panel title={words('list.title')} flush>
        <ReleaseList />
      </Panel>
    </div>
  );
}

function SourcePicker({ onSource }: ReleaseHomeProps): ReactElement {
  const words = useWords('release');
  const [search, setSearch] = useState('');
  const [sought] = useDebouncedValue(search.trim().slice(0, 200), TYPING_PAUSE_MS);
  const [chosen, setChosen] = useState<string | null>(null);
  const models = useCall('models.list', { search: sought, limit: MOST_FOUND }, { keepPrevious: true });
  if (models.error !== null) return <ErrorNote error={models.error} onRetry={() => void models.refetch()} />;
  if (models.data === undefined) return <Skeletons rows={2} />;
  // A base is somebody else's work: only what came of a run is released.
  const ours = models.data.items.filter(
    ({ origin, state }) => state === 'ready' && (origin === 'run' || origin === 'merged'),
  );
  if (ours.length === 0 && sought === '') {
    return (
      <EmptyState
        icon={<IconCloudUpload size={40} stroke={1.5} />}
        sentence={words('source.empty')}
        action={
          <Button component={Link} to="/new">
            {words('source.train')}
          </Button>
        }
      />
    );
  }
  const one = ours.find(({ id }) => id === chosen);
  return (
    <Group gap="sm" align="flex-end">
      <Select
        flex={1}
        miw={280}
        maw={560}
        searchable
        label={words('source.label')}
        placeholder={words('source.placeholder')}
        nothingFoundMessage={words('source.nothing')}
        data={ours.map(({ id, name, origin }) => ({
          value: id,
          label: `${name} · ${words(`part.${origin === 'run' ? 'adapter' : 'merged'}`)}`,
        }))}
        // The list has already been searched where the names are.
        filter={({ options }) => options}
        value={chosen}
        onChange={setChosen}
        onSearchChange={(text) => {
          if (one === undefined || !text.startsWith(one.name)) setSearch(text);
        }}
      />
      <Button
        disabled={one === undefined}
        onClick={() => {
          if (one !== undefined) onSource(one.origin === 'run' ? 'run' : 'model', one.id);
        }}
      >
        {words('source.go')}
      </Button>
    </Group>
  );
}

function ReleaseList(): ReactElement {
  const words = useWords('release');
  const { releases, error, refetch } = useReleases();
  if (releases === undefined && error !== null) return <ErrorNote error={error} onRetry={refetch} />;
  if (releases === undefined) return <Skeletons rows={3} />;
  if (releases.length === 0) {
    return (
      <Text c="dimmed" p="md">
        {words('list.empty')}
      </Text>
    );
  }
  return (
    <ul className={classes['releases']}>
      {releases.map((release) => (
        <Row key={release.id} release={release} />
      ))}
    </ul>
  );
}

function Row({ release }: Readonly<{ release: ReleaseSummary }>): ReactElement {
  const words = useWords('release');
  const language = useLanguage();
  const { createdAtMs, hub, id, name, repositories, state } = release;
  return (
    <li>
      <Link to={`/release?release=${id}`} className={classes['release'] ?? ''}>
        <span className={classes['releaseName']}>{name}</span>
        <span className={classes['repositories']} title={repositories.join(' · ')}>
          {[words(`hub.${hub}`), ...repositories].join(' · ')}
        </span>
        <ReleaseState state={state} />
        <span className={classes['when']}>{formatTime(createdAtMs, language)}</span>
      </Link>
    </li>
  );
}
