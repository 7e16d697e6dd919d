import { Button, Text } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconPlayerPlay } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useNavigate } from 'react-router';

import type { PreflightView } from '../../../electron/shared/contract/methods/preflight.ts';
import { useAction } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { formatBytes } from '../../i18n/format.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { askToNotifyOnce } from '../../state/ask-to-notify.ts';
import { fieldInputId } from './field-row.tsx';
import { QueueButton } from './queue-button.tsx';
import classes from './start-buttons.module.css';
import type { RecipeForm } from './use-recipe-form.ts';
import { issueText } from './issue-text.ts';

export type StartButtonsProps = Readonly<{
  form: RecipeForm;
  /** Reasons against a start besides the form's own. */
  obstacles: readonly string[];
  preflight: PreflightView | undefined;
}>;

/** The start of a run, and why it cannot start yet: each reason of the form leads to its field. */
export function StartButtons({ form, obstacles, preflight }: StartButtonsProps): ReactElement {
  const words = useWords('new-run');
  const navigate = useNavigate();
  const start = useAction('runs.start');
  const isBlocked = form.recipe === undefined || obstacles.length > 0;
  const begin = (force: boolean): void => {
    if (form.recipe === undefined || start.isPending) return;
    askToNotifyOnce();
    start.mutate(
      { recipe: form.recipe, force },
      { onSuccess: ({ runId }) => void navigate(`/runs/${encodeURIComponent(runId)}`) },
    );
  };
  const onStart = (): void => {
    if (!isBlocked) begin(false);
  };
  useHotkeys([['mod+Enter', onStart]], []);
  return (
    <>
      {start.error !== null && <ErrorNote error={start.error} />}
      <Button
        size="md"
        leftSection={<IconPlayerPlay size={16} aria-hidden />}
        disabled={isBlocked}
        loading={start.isPending}
        aria-describedby="start-reasons"
        onClick={onStart}
      >
        {words('start')}
      </Button>
      <QueueButton recipe={form.recipe} isBlocked={isBlocked} />
      <div id="start-reasons" aria-live="polite">
        {isBlocked ? (
          <Reasons form={form} obstacles={obstacles} />
        ) : (
          <Text fz="xs" c="dimmed">
            {words('startHint')}
          </Text>
        )}
      </div>
      {form.recipe !== undefined && preflight?.forceable === true && (
        <StartAlthough preflight={preflight} isStarting={start.isPending} onStart={() => begin(true)} />
      )}
    </>
  );
}

type StartAlthoughProps = Readonly<{ preflight: PreflightView; isStarting: boolean; onStart: () => void }>;

/** A prediction may be wrong: the way past it, once a person has read what will probably happen. */
function StartAlthough({ preflight, isStarting, onStart }: StartAlthoughProps): ReactElement | null {
  const words = useWords('new-run');
  const over = preflight.memory.find((memory) => memory.headroomBytes < 0);
  if (over === undefined) return null;
  const sizes = { peak: formatBytes(over.peakBytes), capacity: formatBytes(over.capacityBytes) };
  const kind = over.device === 'cpu' ? 'cpu' : 'card';
  return (
    <ConfirmButton
      question={words('force.question')}
      consequence={words(`force.consequence.${kind}`, { ...sizes, device: over.name })}
      confirm={words('force.confirm')}
      onConfirm={onStart}
      loading={isStarting}
      button={{ size: 'compact-sm', variant: 'subtle' }}
    >
      {words('force.button')}
    </ConfirmButton>
  );
}

function Reasons({ form, obstacles }: Omit<StartButtonsProps, 'preflight'>): ReactElement {
  const words = useWords('new-run');
  return (
    <>
      <Text fz="xs" fw={600}>
        {words('cannotStart')}
      </Text>
      <ul className={classes['reasons']}>
        {form.issues.map((issue) => (
          <li key={issue.field}>
            <button
              type="button"
              onClick={() => document.querySelector<HTMLElement>(`#${fieldInputId(issue.field)}`)?.focus()}
            >
              {words(`fields.${issue.field}.label`)}
            </button>{' '}
            {issueText(issue, words)}
          </li>
        ))}
        {obstacles.map((obstacle) => (
          <li key={obstacle}>{obstacle}</li>
        ))}
      </ul>
    </>
  );
}
