import { Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { ReleaseWarning } from '../../../electron/shared/contract/methods/releases.ts';
import { CARD_WARNINGS, type CardWarningCode } from '../../../electron/shared/domain/card/card-warnings.ts';
import { describeCardWarning } from '../../../electron/shared/domain/card/warning-words.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import classes from './release.module.css';

const isCode = (code: string): code is CardWarningCode => code in CARD_WARNINGS;

/** What a person should know before others see it; the same thing about two parts is said once. */
export function WarningList({ warnings }: Readonly<{ warnings: readonly ReleaseWarning[] }>): ReactElement {
  const words = useWords('release');
  const language = useErrorLanguage();
  const told = new Map(
    warnings.flatMap(({ code, params, needsReason }) => {
      if (!isCode(code)) return [];
      const text = describeCardWarning({ code, params, needsReason }, language);
      return [[text.message, { ...text, rule: CARD_WARNINGS[code] }] as const];
    }),
  );
  if (told.size === 0) {
    return (
      <Text className={classes['sign'] ?? ''} data-tone="neutral">
        <IconCircleCheck size={16} aria-hidden />
        {words('warnings.none')}
      </Text>
    );
  }
  return (
    <ul className={classes['warnings']}>
      {[...told.values()].map(({ message, action, rule }) => (
        <li key={message}>
          <IconAlertTriangle size={16} aria-hidden />
          <span>
            <span className={classes['warning']}>{message}</span> {action}
            <span className={classes['rule']}> {rule}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
