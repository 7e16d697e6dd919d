import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type ProcessFacts = Readonly<{ pid: number; command: string; executable: string }>;

/** Every living process of this machine that may be read. */
export function processes(): readonly ProcessFacts[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/u.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      // A zombie and a kernel thread have no executable.
      return [{ pid: Number(name), command, executable: readlinkSync(`/proc/${name}/exe`) }];
    } catch {
      return [];
    }
  });
}
