import { Menu, type MenuItemConstructorOptions } from 'electron';

import type { ShellWords } from './shell-words.ts';

export type MenuActions = Readonly<{
  /** Shows a screen of the studio, by its route. */
  show: (route: string) => void;
  openDataFolder: () => void;
  showLog: () => void;
  isPackaged: boolean;
}>;

/** The native menu in the person's language; its keys are those of the system. */
export function setAppMenu(words: ShellWords, actions: MenuActions): void {
  const go = (
    label: 'home' | 'datasets' | 'newRun' | 'runs' | 'chat' | 'settings',
    route: string,
    key: string,
  ): MenuItemConstructorOptions => ({
    label: words(label),
    accelerator: `CmdOrCtrl+${key}`,
    click: () => actions.show(route),
  });
  const developer: MenuItemConstructorOptions[] = actions.isPackaged
    ? []
    : [{ label: words('devTools'), role: 'toggleDevTools' }];
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      {
        label: words('file'),
        submenu: [
          { label: words('newRun'), accelerator: 'CmdOrCtrl+N', click: () => actions.show('/new') },
          { label: words('importData'), accelerator: 'CmdOrCtrl+O', click: () => actions.show('/datasets') },
          { type: 'separator' },
          { label: words('dataFolder'), click: actions.openDataFolder },
          { type: 'separator' },
          { label: words('quit'), role: 'quit' },
        ],
      },
      {
        label: words('edit'),
        submenu: [
          { label: words('undo'), role: 'undo' },
          { label: words('redo'), role: 'redo' },
          { type: 'separator' },
          { label: words('cut'), role: 'cut' },
          { label: words('copy'), role: 'copy' },
          { label: words('paste'), role: 'paste' },
          { label: words('selectAll'), role: 'selectAll' },
        ],
      },
      {
        label: words('view'),
        submenu: [
          { label: words('reload'), role: 'reload' },
          { type: 'separator' },
          { label: words('zoomIn'), role: 'zoomIn' },
          { label: words('zoomOut'), role: 'zoomOut' },
          { label: words('zoomReset'), role: 'resetZoom' },
          { type: 'separator' },
          { label: words('fullScreen'), role: 'togglefullscreen' },
          ...developer,
        ],
      },
      {
        label: words('go'),
        submenu: [
          go('home', '/', '1'),
          go('datasets', '/datasets', '2'),
          go('newRun', '/new', '3'),
          go('runs', '/runs', '4'),
          go('chat', '/chat', '5'),
          go('settings', '/settings', ','),
        ],
      },
      {
        label: words('window'),
        submenu: [
          { label: words('minimize'), role: 'minimize' },
          { label: words('close'), role: 'close' },
        ],
      },
      {
        label: words('help'),
        submenu: [
          { label: words('logs'), click: actions.showLog },
          { label: words('about'), role: 'about' },
        ],
      },
    ]),
  );
}
