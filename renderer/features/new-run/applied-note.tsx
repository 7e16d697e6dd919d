import { Button } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { valueText } from '../../i18n/setting-words.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Notice } from './notice.tsx';
import type { AppliedChange } from './use-applied-change.ts';

/** What a button has just changed in the form, with the way back. */
export function AppliedNote({ change }: Readonly<{ change: AppliedChange }>): ReactElement {
  const words = useWords('new-run');
  return (
    <div role="status">
      {change.applied !== undefined && (
        <Notice tone="plain">
          {change.applied.map(({ field, from, to }) => (
            <div key={field}>
              {words('fix.applied', {
                field: words(`fields.${field}.label`),
                from: valueText(from, field, words),
                to: valueText(to, field, words),
              })}
            </div>
          ))}
          <Button
            mt={6}
            size="compact-xs"
            variant="default"
            leftSection={<IconArrowBackUp size={14} aria-hidden />}
            onClick={change.undo}
          >
            {words('fix.undo')}
          </Button>
        </Notice>
      )}
    </div>
  );
}
