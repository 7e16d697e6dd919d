import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import { HUBS, HUB_ORIGINS, type Hub } from '../../../electron/shared/domain/hub-endpoints.ts';
import { useAction } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';

export type DownloadFormProps = Readonly<{
  hub: Hub;
  onHub: (hub: Hub) => void;
  /** A mirror; empty for the hub itself. */
  endpoint: string;
  onEndpoint: (endpoint: string) => void;
  repository: string;
  onRepository: (repository: string) => void;
}>;

const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/u;

/** A repository by its name, of a hub or one of its mirrors. */
export function DownloadForm(props: DownloadFormProps): ReactElement {
  const { hub, onHub, endpoint, onEndpoint, repository, onRepository } = props;
  const words = useWords('models');
  const [revision, setRevision] = useState('');
  const [wasTried, setTried] = useState(false);
  const start = useAction('models.download');
  const wanted = repository.trim();
  const isWrong = wasTried && !REPOSITORY.test(wanted);
  const submit = (): void => {
    setTried(true);
    if (!REPOSITORY.test(wanted)) return;
    start.mutate(
      {
        hub,
        repository: wanted,
        ...(endpoint.trim() === '' ? {} : { endpoint: endpoint.trim() }),
        ...(revision.trim() === '' ? {} : { revision: revision.trim() }),
      },
      {
        onSuccess: () => {
          onRepository('');
          setRevision('');
          setTried(false);
        },
      },
    );
  };
  return (
    <Panel title={words('get.title')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Group gap="sm" align="flex-end">
          <Select
            w={160}
            label={words('get.hub')}
            data={HUBS.map((one) => ({ value: one, label: words(`hub.${one}`) }))}
            value={hub}
            allowDeselect={false}
            onChange={(next) => onHub(HUBS.find((one) => one === next) ?? hub)}
          />
          <TextInput
            flex={1}
            miw={240}
            label={words('get.repository')}
            placeholder="owner/name"
            error={isWrong}
            value={repository}
            onChange={(event) => onRepository(event.currentTarget.value)}
          />
          <TextInput
            w={150}
            label={words('get.revision')}
            placeholder={words('get.revisionDefault')}
            value={revision}
            onChange={(event) => setRevision(event.currentTarget.value)}
          />
          <TextInput
            w={240}
            label={words('get.endpoint')}
            placeholder={HUB_ORIGINS[hub][0]}
            value={endpoint}
            onChange={(event) => onEndpoint(event.currentTarget.value)}
          />
          <Button
            type="submit"
            loading={start.isPending}
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            {words('get.do')}
          </Button>
        </Group>
      </form>
      {isWrong && (
        <Text c="var(--le-red)" mt={6} role="alert">
          {words('get.repositoryWrong')}
        </Text>
      )}
      {start.error !== null && (
        <div style={{ marginTop: 12 }}>
          <ErrorNote error={start.error} />
        </div>
      )}
    </Panel>
  );
}
