/**
 * Whether the start script of an AppImage has taken the sandbox away: it does so unasked where the system allows no
 * user namespaces. Somebody who types the switch for an installed app has decided by himself. The arguments are asked,
 * because `app.enableSandbox()` takes the switch off the command line of Chromium, whose zygote has started without.
 */
export const isSandboxTaken = (
  environment: Readonly<Record<string, string | undefined>>,
  commandArguments: readonly string[],
): boolean => environment['APPIMAGE'] !== undefined && commandArguments.includes('--no-sandbox');
