import { Button, Group } from '@mantine/core';
import type { ReactElement } from 'react';
import { useNavigate } from 'react-router';

import { describeError } from '../../../electron/shared/contract/errors/index.ts';
import type {
  PreflightFixView,
  PreflightNoteView,
} from '../../../electron/shared/contract/methods/preflight.ts';
import type { Recipe } from '../../../electron/shared/protocol/recipe.ts';
import { formatBytes } from '../../i18n/format.ts';
import { valueText } from '../../i18n/setting-words.ts';
import { useErrorLanguage, useWords, type Words } from '../../i18n/use-words.ts';
import { CountTokens } from './count-tokens.tsx';
import { fieldInputId } from './field-row.tsx';
import { Notice } from './notice.tsx';
import type { AppliedChange } from './use-applied-change.ts';

export type FindingsProps = Readonly<{
  /** Red keeps the run from starting, amber does not. */
  tone: 'red' | 'amber';
  notes: readonly PreflightNoteView[];
  recipe: Recipe;
  change: AppliedChange;
  checkAgain: () => void;
}>;

/** Problems or warnings of the preflight, each with the buttons that mend it. */
export function Findings({ tone, notes, ...props }: FindingsProps): ReactElement {
  const language = useErrorLanguage();
  const words = useWords('new-run');
  return (
    <>
      {notes.map((note) => {
        const text = describeError(note, language);
        // The buttons below say in the words of the form what the action says in those of a recipe file.
        const hasButtons = note.fixes.length > 0 && 'settings' in note.params;
        return (
          <Notice key={`${note.code}${JSON.stringify(note.params)}`} tone={tone}>
            <strong>{text.message}</strong> {text.cause} {hasButtons ? words('fix.anyOne') : text.action}
            <Remedies note={note} {...props} />
          </Notice>
        );
      })}
    </>
  );
}

type RemedyProps = Omit<FindingsProps, 'tone' | 'notes'> & Readonly<{ note: PreflightNoteView }>;

function Remedies(props: RemedyProps): ReactElement {
  const { note, change } = props;
  const words = useWords('new-run');
  return (
    <Group gap={6} mt={6}>
      {note.fixes.map((fix) => (
        <Button
          key={JSON.stringify(fix.settings)}
          size="compact-xs"
          variant="default"
          styles={{
            root: { height: 'auto', minHeight: 24, padding: '2px 8px' },
            label: { whiteSpace: 'normal', textAlign: 'left', lineHeight: 1.4 },
          }}
          onClick={() =>
            change.apply(Object.fromEntries(fix.settings.map(({ field, value }) => [field, value])))
          }
        >
          {fixText(fix, words)}
        </Button>
      ))}
      <OtherRemedy {...props} />
    </Group>
  );
}

/** What mends a note where no setting does. */
function OtherRemedy({ note, recipe, checkAgain }: RemedyProps): ReactElement | null {
  const words = useWords('new-run');
  const navigate = useNavigate();
  const button = (key: string, onClick: () => void): ReactElement => (
    <Button size="compact-xs" variant="default" onClick={onClick}>
      {words(`remedies.${key}`)}
    </Button>
  );
  switch (note.code) {
    case 'preflight.tokens_estimated':
      return <CountTokens recipe={recipe} />;
    case 'preflight.no_eval_rows':
    case 'preflight.no_training_rows':
      return button('openDataset', () => void navigate(`/datasets/${encodeURIComponent(recipe.dataset)}`));
    case 'preflight.memory_busy':
    case 'preflight.disk_too_small':
    case 'preflight.no_card':
      return button('checkAgain', checkAgain);
    case 'preflight.cannot_fit':
      return button('otherModel', () =>
        document.querySelector<HTMLElement>(`#${fieldInputId('model')}`)?.focus(),
      );
    default:
      return null;
  }
}

function fixText(fix: PreflightFixView, words: Words): string {
  const settings = fix.settings
    .map(({ field, value }) =>
      words('fix.setting', {
        field: words(`fields.${field}.label`),
        value: valueText(value, field, words),
      }),
    )
    .join(words('fix.and'));
  return fix.peakBytes === undefined
    ? settings
    : words('fix.withPeak', { settings, peak: formatBytes(fix.peakBytes) });
}
