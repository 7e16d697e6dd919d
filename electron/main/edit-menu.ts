import { Menu, type BrowserWindow, type MenuItemConstructorOptions } from 'electron';

import type { ShellWords } from './shell-words.ts';

/** Cut, copy and paste on a right click, where a page has no menu of its own: fields, selections, the terminal. */
export function offerEditMenu(window: BrowserWindow, words: ShellWords): void {
  window.webContents.on('context-menu', (_event, { editFlags, isEditable, selectionText }) => {
    const items: MenuItemConstructorOptions[] = [];
    if (isEditable) items.push({ label: words('cut'), role: 'cut', enabled: editFlags.canCut });
    if (isEditable || selectionText !== '')
      items.push({ label: words('copy'), role: 'copy', enabled: editFlags.canCopy });
    if (isEditable) items.push({ label: words('paste'), role: 'paste', enabled: editFlags.canPaste });
    if (items.length > 0) Menu.buildFromTemplate(items).popup({ window });
  });
}
