import type { ShellLog } from './shell-log.ts';

export type OnceLog = (kind: string, ...entry: Parameters<ShellLog>) => void;

/** Notes each kind once: whoever causes one can cause thousands. */
export function createOnceLog(log: ShellLog): OnceLog {
  const seen = new Set<string>();
  return (kind, message, facts) => {
    if (seen.has(kind)) return;
    seen.add(kind);
    log(message, facts);
  };
}
