import { ActionIcon, Text, Tooltip } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { RecipeField } from '../../../electron/shared/domain/recipes/recipe-fields.ts';
import { valueText } from '../../i18n/setting-words.ts';
import { useWords } from '../../i18n/use-words.ts';
import classes from './field-row.module.css';
import { CardsControl } from './cards-control.tsx';
import { FieldControl } from './field-control.tsx';
import { LibraryControl } from './library-control.tsx';
import type { RecipeForm } from './use-recipe-form.ts';
import type { Library } from './use-library.ts';
import { issueText } from './issue-text.ts';

export const fieldInputId = (path: string): string => `recipe-${path.replaceAll('.', '-')}`;

export type FieldRowProps = Readonly<{
  field: RecipeField;
  form: RecipeForm;
  library: Library;
  /** Shows the names that the field has in other tools. */
  withAliases: boolean;
}>;

/** One setting: name, input, help; a mark and a way back where it differs from the preset. */
export function FieldRow({ field, form, library, withAliases }: FieldRowProps): ReactElement {
  const words = useWords('new-run');
  const id = fieldInputId(field.path);
  const helpId = `${id}-help`;
  const issue = form.issues.find((one) => one.field === field.path || one.field.startsWith(`${field.path}.`));
  const isChanged = form.changed.has(field.path);
  const isChoiceOfLibrary = field.path === 'model' || field.path === 'dataset';
  const input = {
    id,
    value: form.values[field.path],
    // An empty choice is asked for beside the Start button; it is not yet a mistake.
    error: issue === undefined || issue.reason === 'missing' ? undefined : issueText(issue, words),
    describedBy: helpId,
    onChange: (value: unknown) => form.set(field.path, value),
  };
  const aliases = [...new Set(Object.values(field.aliases))];
  return (
    <div className={classes['row']} data-changed={(isChanged && !isChoiceOfLibrary) || undefined}>
      <div className={classes['label']}>
        <label htmlFor={id}>{words(`fields.${field.path}.label`)}</label>
        {isChanged && !isChoiceOfLibrary && (
          <>
            <span className={classes['changed']}>{words('changed')}</span>
            <Tooltip
              label={words('resetTo', { value: valueText(form.presetValues[field.path], field.path, words) })}
            >
              <ActionIcon
                size="sm"
                aria-label={words('resetField', { field: words(`fields.${field.path}.label`) })}
                onClick={() => form.reset(field.path)}
              >
                <IconArrowBackUp size={14} aria-hidden />
              </ActionIcon>
            </Tooltip>
          </>
        )}
      </div>
      <div className={classes['control']}>
        {field.path === 'model' || field.path === 'dataset' ? (
          <LibraryControl kind={field.path} library={library} {...input} />
        ) : field.path === 'hardware.gpu' ? (
          <CardsControl
            {...input}
            path={field.path}
            processes={form.values['hardware.processes']}
            onChange={(cards, count) => form.setMany({ 'hardware.gpu': cards, 'hardware.processes': count })}
          />
        ) : (
          <FieldControl field={field} {...input} />
        )}
        <Text id={helpId} fz="xs" c="dimmed" mt={2}>
          {words(`fields.${field.path}.help`)}
          {withAliases && aliases.length > 0 && (
            <span className={classes['aliases']}>
              {' '}
              {aliases.map((alias) => (
                <code key={alias}>{alias}</code>
              ))}
            </span>
          )}
        </Text>
      </div>
    </div>
  );
}
