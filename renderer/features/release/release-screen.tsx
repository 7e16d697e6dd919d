import { Button, Group, Title } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';

import { useWords } from '../../i18n/use-words.ts';
import { ReleaseForm, type ReleaseSource } from './release-form.tsx';
import { ReleaseHome } from './release-home.tsx';
import { ReleasePage } from './release-page.tsx';
import classes from './release.module.css';

/**
 * `/release` chooses what to release and lists what was; `?run=<id>` (with `&step=`) or `?model=<id>` prepares one;
 * `?release=<id>` is one under way or over.
 */
export function ReleaseScreen(): ReactElement {
  const words = useWords('release');
  const navigate = useNavigate();
  const [address] = useSearchParams();
  const releaseId = address.get('release');
  const source = sourceOf(address);
  return (
    <div className={classes['screen']}>
      <Group gap="sm" mb={12}>
        <Title order={1} fz="lg">
          {words('title')}
        </Title>
        {releaseId === null && source !== undefined && (
          <Button
            component={Link}
            to="/release"
            size="compact-sm"
            variant="subtle"
            leftSection={<IconArrowLeft size={14} aria-hidden />}
          >
            {words('list.all')}
          </Button>
        )}
      </Group>
      {releaseId !== null ? (
        <ReleasePage key={releaseId} releaseId={releaseId} onGone={() => void navigate('/release')} />
      ) : source !== undefined ? (
        <ReleaseForm source={source} onStarted={(id) => void navigate(`/release?release=${id}`)} />
      ) : (
        <ReleaseHome onSource={(kind, id) => void navigate(`/release?${kind}=${id}`)} />
      )}
    </div>
  );
}

function sourceOf(address: URLSearchParams): ReleaseSource | undefined {
  const run = address.get('run');
  const step = Number(address.get('step') ?? '');
  if (run !== null) return { run, ...(Number.isInteger(step) && step > 0 ? { step } : {}) };
  const model = address.get('model');
  return model === null ? undefined : { model };
}
