import { usePreferences } from './preferences.ts';

const ASKED = 'legal-eagle.asked-to-notify';

/** Asks the browser for the right to show notifications; false where the person or the browser says no. */
export async function askToNotify(): Promise<boolean> {
  if (!('Notification' in window)) return false;
  if (Notification.permission === 'granted') return true;
  return (await Notification.requestPermission()) === 'granted';
}

/**
 * At the first start of a run in this browser: a person who starts hours of work will go away from it. Asked
 * once; afterwards the command palette turns it on and off. Call it from a click: browsers want one.
 */
export function askToNotifyOnce(): void {
  if (window.localStorage.getItem(ASKED) !== null) return;
  window.localStorage.setItem(ASKED, 'yes');
  void askToNotify().then((granted) => {
    if (granted) usePreferences.getState().setNotify(true);
  });
}
