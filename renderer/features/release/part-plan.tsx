import { IconEqual, IconMinus, IconPlus, IconRefresh } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { ReleasePartView } from '../../../electron/shared/contract/methods/releases.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import classes from './release.module.css';

const SIGNS = { add: IconPlus, replace: IconRefresh, same: IconEqual } as const;

export type PartPlanProps = Readonly<{ plan: NonNullable<ReleasePartView['plan']> }>;

/** What the one commit does with every file. */
export function PartPlan({ plan }: PartPlanProps): ReactElement {
  const words = useWords('release');
  return (
    <ul className={classes['files']}>
      {plan.files.map(({ bytes, change, path }) => {
        const Sign = SIGNS[change];
        return (
          <li key={path}>
            <span title={path}>{path}</span>
            <span>{formatBytes(bytes)}</span>
            <span className={classes['fileState']} data-change={change}>
              <Sign size={14} aria-hidden />
              {words(`plan.${change}`)}
            </span>
          </li>
        );
      })}
      {plan.deletes.map((path) => (
        <li key={path}>
          <span title={path}>{path}</span>
          <span />
          <span className={classes['fileState']} data-change="delete">
            <IconMinus size={14} aria-hidden />
            {words('plan.delete')}
          </span>
        </li>
      ))}
      {(plan.others ?? []).map((path) => (
        <li key={path}>
          <span title={path}>{path}</span>
          <span />
          <span className={classes['fileState']} data-change="other">
            <IconEqual size={14} aria-hidden />
            {words('plan.other')}
          </span>
        </li>
      ))}
    </ul>
  );
}
