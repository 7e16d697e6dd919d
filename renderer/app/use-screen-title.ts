import { useEffect } from 'react';

import { useWords } from '../i18n/use-words.ts';
import { SCREENS } from './screens.ts';

/** Names the browser's tab after the screen, so that tabs and readers of screens tell them apart. */
export function useScreenTitle(pathname: string): void {
  const words = useWords('common');
  const screen = SCREENS.find(({ path }) =>
    path === '/' ? pathname === '/' : pathname === path || pathname.startsWith(`${path}/`),
  );
  const name = screen === undefined ? undefined : words(`rail.${screen.id}`);
  useEffect(() => {
    document.title = name === undefined ? 'Legal Eagle Studio' : `${name} · Legal Eagle Studio`;
  }, [name]);
}
