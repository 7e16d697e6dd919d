import type { ReactElement } from 'react';

import { Alert, Button, Group, Text } from '@mantine/core';
import { IconMoon } from '@tabler/icons-react';

import { describeError } from '../../../electron/shared/contract/errors/index.ts';
import type { ErrorBody } from '../../../electron/shared/contract/studio-error.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import classes from './chat.module.css';
import type { OpenConversation } from './use-conversation.ts';

/** The core or a person let the model go; nothing went wrong. */
const LET_GO: ReadonlySet<string> = new Set([
  'chat.closed',
  'chat.closed_unwatched',
  'chat.closed_idle',
  'chat.session_unknown',
]);

/** How far the model is loaded, or why it is not there, with the one button that helps. */
export function ModelState({ open }: Readonly<{ open: OpenConversation }>): ReactElement | null {
  const words = useWords('chat');
  const { conversation, state } = open;
  const { model } = state;
  const reopen = (): void => conversation.open();
  switch (model.phase) {
    case 'ready':
      return null;
    case 'off':
      return (
        <Group className={classes['modelState']} justify="center">
          <Text c="dimmed">{words('off')}</Text>
          <Button onClick={reopen}>{words('load')}</Button>
        </Group>
      );
    case 'loading':
      return (
        <div className={classes['modelState']} role="status">
          <Group justify="space-between" mb={6}>
            <Text fz="sm">
              {model.loaded === undefined
                ? words('starting')
                : words('loadingModel', {
                    layers: formatNumber(model.loaded.layers),
                    total: formatNumber(model.loaded.totalLayers),
                  })}
            </Text>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => conversation.model.close({ cancelled: true })}
            >
              {words('cancelLoading')}
            </Button>
          </Group>
          <ProgressBar
            fraction={model.loaded === undefined ? undefined : model.loaded.layers / model.loaded.totalLayers}
            label={words('loadingLabel')}
          />
        </div>
      );
    case 'over':
      return (
        <div className={classes['modelState']}>
          {LET_GO.has(model.error.code) ? (
            <LetGoNote error={model.error} onReopen={reopen} />
          ) : (
            <ErrorNote
              error={model.error}
              action={
                <Button size="compact-sm" onClick={reopen}>
                  {words('openAgain')}
                </Button>
              }
            />
          )}
        </div>
      );
  }
}

function LetGoNote({ error, onReopen }: Readonly<{ error: ErrorBody; onReopen: () => void }>): ReactElement {
  const words = useWords('chat');
  const text = describeError(error, useErrorLanguage());
  return (
    <Alert
      variant="outline"
      color="gray"
      icon={<IconMoon aria-hidden />}
      title={text.message}
      role="status"
      styles={{
        root: { borderColor: 'var(--le-line)', background: 'var(--le-surface)' },
        title: { color: 'var(--le-ink)', fontSize: 13 },
        icon: { color: 'var(--le-dimmed)' },
        message: { color: 'var(--le-ink)' },
      }}
    >
      <Group justify="space-between">
        <Text>{text.cause}</Text>
        <Button size="compact-sm" onClick={onReopen}>
          {words('openAgain')}
        </Button>
      </Group>
    </Alert>
  );
}
