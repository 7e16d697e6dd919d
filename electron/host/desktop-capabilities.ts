import type { Capabilities } from '../shared/contract/methods/app.ts';

const YES = { available: true } as const;

/**
 * What the desktop app can do for its pages. Files are opened where they lie, so nothing is uploaded. `noUpdates`
 * says why this app cannot update itself.
 */
export const desktopCapabilities = (noUpdates: string | undefined): Capabilities => ({
  nativeDialogs: YES,
  revealInFolder: YES,
  upload: { available: false, reason: 'files are opened in place' },
  terminal: YES,
  autoUpdate: noUpdates === undefined ? YES : { available: false, reason: noUpdates },
});
