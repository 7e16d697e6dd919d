import { Group, Kbd, Stack, Text, Title } from '@mantine/core';
import type { ReactElement } from 'react';

import { localProcesses } from '../../../electron/shared/domain/choose-card.ts';
import { useConnection } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import classes from './new-run-screen.module.css';
import { ImportDialog } from './import-dialog.tsx';
import { PreflightSheet } from './preflight-sheet.tsx';
import { PublishedNotes } from './published-notes.tsx';
import { RecipeFields } from './recipe-fields.tsx';
import { RecipePicker } from './recipe-picker.tsx';
import { useAppliedChange } from './use-applied-change.ts';
import { useLibrary } from './use-library.ts';
import { usePreflight } from './use-preflight.ts';
import { useRecipeForm } from './use-recipe-form.ts';

/** A run in three decisions on a recipe, with everything that will follow said beside it. */
export function NewRunScreen(): ReactElement {
  const words = useWords('new-run');
  const library = useLibrary();
  const form = useRecipeForm(library);
  const answer = usePreflight(form.recipe);
  const change = useAppliedChange(form);
  // While the recipe has issues nothing is predicted from it.
  const devices = form.recipe === undefined ? 1 : localProcesses(form.recipe.hardware);
  const connection = useConnection();
  const problems = answer.preflight?.problems.length ?? 0;
  const obstacles = [
    ...(connection.state === 'online' ? [] : [words('obstacles.offline')]),
    ...(problems === 0 ? [] : [words('obstacles.problems', { problems })]),
  ];
  return (
    <div className={classes['screen']}>
      <Stack gap="md" className={classes['form'] ?? ''}>
        <Group justify="space-between" align="baseline">
          <Title order={1}>{words('title')}</Title>
          <Text fz="xs" c="dimmed">
            <Kbd size="xs">Ctrl</Kbd> + <Kbd size="xs">Enter</Kbd> {words('start')}
          </Text>
        </Group>
        {library.error !== undefined && <ErrorNote error={library.error} onRetry={library.retry} />}
        <RecipePicker
          form={form}
          actions={<ImportDialog form={form} library={library} apply={change.apply} />}
        />
        <PublishedNotes form={form} devices={devices} />
        <RecipeFields form={form} library={library} />
      </Stack>
      <aside className={classes['sheet']} aria-label={words('preflight')}>
        <PreflightSheet form={form} devices={devices} answer={answer} change={change} obstacles={obstacles} />
      </aside>
    </div>
  );
}
