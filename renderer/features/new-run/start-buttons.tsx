import { Button, Text } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconPlayerPlay } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useNavigate } from 'react-router';

import { useAction } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { fieldInputId, issueText } from './field-row.tsx';
import classes from './start-buttons.module.css';
import type { RecipeForm } from './use-recipe-form.ts';

export type StartButtonsProps = Readonly<{
  form: RecipeForm;
  /** Reasons against a start besides the form's own. */
  obstacles: readonly string[];
}>;

/** The start of a run, and why it cannot start yet: each reason of the form leads to its field. */
export function StartButtons({ form, obstacles }: StartButtonsProps): ReactElement {
  const words = useWords('new-run');
  const navigate = useNavigate();
  const start = useAction('runs.start');
  const isBlocked = form.recipe === undefined || obstacles.length > 0;
  const onStart = (): void => {
    if (form.recipe === undefined || isBlocked || start.isPending) return;
    start.mutate(
      { recipe: form.recipe },
      { onSuccess: ({ runId }) => void navigate(`/runs/${encodeURIComponent(runId)}`) },
    );
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
      <div id="start-reasons" aria-live="polite">
        {isBlocked ? (
          <Reasons form={form} obstacles={obstacles} />
        ) : (
          <Text fz="xs" c="dimmed">
            {words('startHint')}
          </Text>
        )}
      </div>
    </>
  );
}

function Reasons({ form, obstacles }: StartButtonsProps): ReactElement {
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
