import { IconCircleCheck } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { ReleasePartView } from '../../../electron/shared/contract/methods/releases.ts';
import { formatBytes, formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import classes from './release.module.css';

const PERCENT = 100;

/** How far each file of a repository is. */
export function PartFiles({ files }: Pick<ReleasePartView, 'files'>): ReactElement {
  const words = useWords('release');
  return (
    <ul className={classes['files']}>
      {files.map(({ bytes, doneBytes, path, state }) => (
        <li key={path}>
          <span title={path}>{path}</span>
          <span>{formatBytes(bytes)}</span>
          <span className={classes['fileState']}>
            {(state === 'sent' || state === 'reused') && <IconCircleCheck size={14} aria-hidden />}
            {(state === 'sending' || state === 'hashing') && doneBytes > 0
              ? `${words(`file.${state}`)} ${formatNumber(Math.floor((doneBytes / Math.max(1, bytes)) * PERCENT))} %`
              : words(`file.${state}`)}
          </span>
        </li>
      ))}
    </ul>
  );
}
