import { Autocomplete, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { RecipeField } from '../../../electron/shared/domain/recipes/recipe-fields.ts';
import { useWords } from '../../i18n/use-words.ts';
import { TemplateControl } from './template-control.tsx';

export type FieldControlProps = Readonly<{
  field: RecipeField;
  id: string;
  value: unknown;
  error: string | undefined;
  describedBy: string;
  onChange: (value: unknown) => void;
}>;

/** The input that fits a field's kind. What cannot be read is kept as text, and the schema says what is wrong. */
export function FieldControl(props: FieldControlProps): ReactElement {
  const { field, id, value, error, describedBy, onChange } = props;
  const words = useWords('new-run');
  const common = {
    id,
    error: error ?? false,
    'aria-describedby': describedBy,
    'data-field': field.path,
  } as const;
  const choiceLabel = (choice: string): string => words(`choices.${field.path}.${choice}`);
  if (field.path === 'template') return <TemplateControl {...props} />;
  switch (field.kind) {
    case 'integer':
    case 'number':
      return <NumberControl {...props} common={common} />;
    case 'boolean':
      return (
        <Switch
          id={id}
          aria-describedby={describedBy}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
          label={words(value === true ? 'on' : 'off')}
        />
      );
    case 'choice':
      return (
        <Select
          {...common}
          data={field.choices.map((choice) => ({ value: choice, label: choiceLabel(choice) }))}
          value={typeof value === 'string' ? value : null}
          allowDeselect={false}
          onChange={(next) => {
            if (next !== null) onChange(next);
          }}
        />
      );
    case 'choiceOrTexts':
      return (
        <Autocomplete
          {...common}
          data={[...field.choices]}
          value={Array.isArray(value) ? value.join(', ') : String(value)}
          onChange={(text) => onChange(field.choices.includes(text) ? text : namesOf(text))}
        />
      );
    case 'texts':
      return <LinesControl {...props} common={common} />;
    case 'text':
      return isLong(field) ? (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={8}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)}
        />
      ) : (
        <TextInput
          {...common}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) =>
            onChange(field.nullable && event.currentTarget.value === '' ? null : event.currentTarget.value)
          }
        />
      );
  }
}

/** Texts of several lines; names, folders and expressions stand in one. */
const LONG_TEXT_CHARACTERS = 10_000;
const isLong = ({ maxLength = 0 }: RecipeField): boolean => maxLength >= LONG_TEXT_CHARACTERS;

type Common = Readonly<{
  id: string;
  error: string | false;
  'aria-describedby': string;
  'data-field': string;
}>;

type TypedControlProps = FieldControlProps & Readonly<{ common: Common }>;

/** A field's own text while it has the focus, so that `2e-` and `0.0` can be typed on the way to a number. */
function NumberControl({ value, onChange, common }: TypedControlProps): ReactElement {
  const [typed, setTyped] = useState<string>();
  return (
    <TextInput
      {...common}
      inputMode="decimal"
      value={typed ?? String(value)}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        onChange(readNumber(event.currentTarget.value));
      }}
      onBlur={() => setTyped(undefined)}
    />
  );
}

/** One text a line. */
function LinesControl({ value, onChange, common }: TypedControlProps): ReactElement {
  const [typed, setTyped] = useState<string>();
  return (
    <Textarea
      {...common}
      autosize
      minRows={2}
      maxRows={8}
      value={typed ?? (Array.isArray(value) ? value.join('\n') : '')}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        onChange(text.split('\n').filter((line) => line.trim() !== ''));
      }}
      onBlur={() => setTyped(undefined)}
    />
  );
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/iu;

/** A number as people write it (1,024 and 2e-5 too), or the text itself where it is none. */
function readNumber(text: string): unknown {
  const bare = text.trim().replaceAll(/[,\s_]/gu, '');
  return NUMBER.test(bare) ? Number(bare) : text;
}

function namesOf(text: string): unknown {
  const names = text.split(/[,，\s]+/u).filter((name) => name !== '');
  return names.length === 0 ? '' : names;
}
