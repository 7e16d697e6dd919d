import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** `:0`, `:0.0` and `unix:0`: a display of this machine. Others lie behind a network and are not asked. */
const LOCAL_DISPLAY = /^(?:unix)?:(\d+)(?:\.\d+)?$/u;

/** Whether something listens at that path: as a file, or under its name alone (Linux lists those with an `@`). */
export function isListening(socket: string): boolean {
  if (existsSync(socket)) return true;
  try {
    return readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .some((line) => line.endsWith(` @${socket}`));
  } catch {
    return false;
  }
}

function hasX(name: string, listens: (socket: string) => boolean): boolean {
  if (name === '') return false;
  const local = LOCAL_DISPLAY.exec(name)?.[1];
  return local === undefined || listens(`/tmp/.X11-unix/X${local}`);
}

function hasWayland(name: string, runtimeDir: string, listens: (socket: string) => boolean): boolean {
  if (name === '') return false;
  if (path.isAbsolute(name)) return listens(name);
  return runtimeDir !== '' && listens(path.join(runtimeDir, name));
}

/** Whether the display that the environment names is there; Chromium crashes where it is not. For Linux. */
export function hasDisplay(
  environment: Environment,
  listens: (socket: string) => boolean = isListening,
): boolean {
  const value = (name: string): string => environment[name] ?? '';
  return (
    hasX(value('DISPLAY'), listens) || hasWayland(value('WAYLAND_DISPLAY'), value('XDG_RUNTIME_DIR'), listens)
  );
}
