import { Button } from '@mantine/core';
import { IconArrowBackUp, IconWand } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { DatasetInspection } from '../../../electron/shared/contract/methods/datasets.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import classes from './fix-bar.module.css';
import type { ImportDraftState } from './import-draft.ts';
import { applyFixes, suggestedFixes } from './suggested-fixes.ts';

/** What is suggested, one button that does it, and the way back. */
export function FixBar({
  state,
  report,
}: Readonly<{ state: ImportDraftState; report: DatasetInspection }>): ReactElement | null {
  const { draft, change } = state;
  const words = useWords('datasets');
  const fixes = suggestedFixes(draft, report);
  const { beforeFix } = draft;
  if (beforeFix !== undefined) {
    return (
      <div className={classes['bar']} role="status">
        <p>{words('fix.done')}</p>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconArrowBackUp size={14} aria-hidden />}
          onClick={() => change({ ...beforeFix, consent: beforeFix.consent, beforeFix: undefined })}
        >
          {words('fix.undo')}
        </Button>
      </div>
    );
  }
  if (fixes.length === 0) return null;
  return (
    <div className={classes['bar']} role="group" aria-label={words('fix.label')}>
      <ul>
        {fixes.map((fix) => (
          <li key={fix.kind}>
            {fix.kind === 'placeReference'
              ? words('fix.placeReference', { column: fix.column })
              : words('fix.leaveOut', {
                  excluded: formatNumber(fix.excluded),
                  unreadable: formatNumber(fix.unreadable),
                })}
          </li>
        ))}
      </ul>
      <Button
        size="compact-sm"
        leftSection={<IconWand size={14} aria-hidden />}
        onClick={() => change(applyFixes(draft, report))}
      >
        {words('fix.apply')}
      </Button>
    </div>
  );
}
