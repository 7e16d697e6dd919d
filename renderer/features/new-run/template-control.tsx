import { Select } from '@mantine/core';
import type { ReactElement } from 'react';

import {
  AUTOMATIC_TEMPLATE,
  REPOSITORY_TEMPLATE,
  TEMPLATE_ALIASES,
  TEMPLATE_FAMILIES,
} from '../../../electron/shared/domain/chat-templates.ts';
import { useWords } from '../../i18n/use-words.ts';

export type TemplateControlProps = Readonly<{
  field: Readonly<{ path: string }>;
  id: string;
  value: unknown;
  error: string | undefined;
  describedBy: string;
  onChange: (value: unknown) => void;
}>;

/** The chat template of a run: automatic, the model's own, or a family's by name. */
export function TemplateControl(props: TemplateControlProps): ReactElement {
  const { field, id, value, error, describedBy, onChange } = props;
  const words = useWords('new-run');
  const chosen = typeof value === 'string' ? value : AUTOMATIC_TEMPLATE;
  const family = TEMPLATE_ALIASES[chosen] ?? chosen;
  const families = Object.entries(TEMPLATE_FAMILIES);
  const isForeign =
    family !== AUTOMATIC_TEMPLATE &&
    family !== REPOSITORY_TEMPLATE &&
    !Object.hasOwn(TEMPLATE_FAMILIES, family);
  return (
    <Select
      id={id}
      aria-describedby={describedBy}
      data-field={field.path}
      error={error ?? false}
      searchable
      data={[
        { value: AUTOMATIC_TEMPLATE, label: words('choices.template.auto') },
        { value: REPOSITORY_TEMPLATE, label: words('choices.template.repository') },
        ...(isForeign ? [{ value: family, label: family }] : []),
        {
          group: words('choices.template.families'),
          items: families.map(([name, models]) => ({ value: name, label: `${models} — ${name}` })),
        },
      ]}
      value={family}
      allowDeselect={false}
      onChange={(next) => {
        if (next !== null) onChange(next);
      }}
    />
  );
}
