import { notifications } from '@mantine/notifications';

import { describeError } from '../../electron/shared/contract/errors/index.ts';
import { toErrorBody } from '../../electron/shared/contract/studio-error.ts';
import { useErrorLanguage, useWords } from '../i18n/use-words.ts';

const SHOWN_MS = 12_000;

/** For what is started beside the page's own flow: a failure is said in a note at the edge. */
export function useTold(): (work: Promise<unknown>) => void {
  const language = useErrorLanguage();
  const words = useWords('common');
  return (work) => {
    work.catch((error: unknown) => {
      const text = describeError(toErrorBody(error), language);
      notifications.show({
        id: text.code,
        title: text.message,
        message: `${text.cause} ${text.action}`,
        color: 'red',
        autoClose: SHOWN_MS,
        closeButtonProps: { 'aria-label': words('close') },
      });
    });
  };
}
