import { describe, expect, it } from 'vitest';

import { isSandboxTaken } from '../../../electron/main/sandbox-taken.ts';

describe('a sandbox that was taken away unasked', () => {
  const APPIMAGE = '/apps/studio.AppImage';
  it.each([
    ['an AppImage with the switch', { APPIMAGE }, ['studio', '--no-sandbox'], true],
    ['an AppImage without it', { APPIMAGE }, ['studio'], false],
    ['an installed app whose owner typed the switch', {}, ['studio', '--no-sandbox'], false],
  ] as const)('%s', (_name, environment, commandArguments, taken) => {
    expect(isSandboxTaken(environment, commandArguments)).toBe(taken);
  });
});
