import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState, type ReactElement, type ReactNode } from 'react';

import { describeError } from '../../electron/shared/contract/errors/index.ts';
import { toErrorBody } from '../../electron/shared/contract/studio-error.ts';
import { useErrorLanguage, useWords } from '../i18n/use-words.ts';

export type ErrorNoteProps = Readonly<{
  /** A StudioError, an error body from a record, or whatever was thrown. */
  error: unknown;
  onRetry?: (() => void) | undefined;
  /** The one button that mends it, where trying again does not. */
  action?: ReactNode;
}>;

type Body = Readonly<{
  code: string;
  params: Readonly<Record<string, unknown>>;
  detail?: string | undefined;
}>;

const isBody = (error: unknown): error is Body =>
  typeof error === 'object' && error !== null && 'code' in error && 'params' in error;

/** What happened, why, what to do; the raw detail is folded away. */
export function ErrorNote({ error, onRetry, action }: ErrorNoteProps): ReactElement {
  const words = useWords('common');
  const language = useErrorLanguage();
  const [unfolded, setUnfolded] = useState(false);
  const body: Body = isBody(error) ? error : toErrorBody(error);
  const text = describeError(body, language);
  return (
    <Alert
      role="alert"
      variant="outline"
      color="red"
      icon={<IconAlertTriangle aria-hidden />}
      title={text.message}
      styles={{
        root: { background: 'var(--le-red-soft)', borderColor: 'var(--le-red)' },
        title: { color: 'var(--le-red)', fontSize: 13 },
        icon: { color: 'var(--le-red)' },
        message: { color: 'var(--le-ink)' },
      }}
    >
      <Stack gap={6}>
        <Text>{text.cause}</Text>
        <Text fw={600}>{text.action}</Text>
        <Group gap="xs" mt={4}>
          {action ??
            (onRetry !== undefined && (
              <Button size="compact-sm" onClick={onRetry}>
                {words('retry')}
              </Button>
            ))}
          {body.detail !== undefined && (
            <Button
              size="compact-sm"
              variant="subtle"
              aria-expanded={unfolded}
              onClick={() => setUnfolded(!unfolded)}
            >
              {words(unfolded ? 'hideDetail' : 'showDetail')}
            </Button>
          )}
          <Text fz="xs" ff="monospace" c="dimmed">
            {text.code}
          </Text>
        </Group>
        {unfolded && (
          <Code block mah={240} style={{ overflow: 'auto' }} tabIndex={0}>
            {body.detail}
          </Code>
        )}
      </Stack>
    </Alert>
  );
}
