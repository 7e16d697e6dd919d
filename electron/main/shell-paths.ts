import { existsSync } from 'node:fs';
import path from 'node:path';

export type ShellPaths = Readonly<{
  /** Folder of python-runtime, resources and package.json. */
  root: string;
  pagesDir: string;
  preload: string;
  /** The core's entry. */
  core: string;
  icon: string | undefined;
  trayIcon: string | undefined;
}>;

const existing = (file: string): string | undefined => (existsSync(file) ? file : undefined);

/** `bundleDir` is the folder of the shell's own bundle: dist/desktop of the sources or of the package. */
export function shellPaths(bundleDir: string, resourcesPath: string): ShellPaths {
  const app = path.resolve(bundleDir, '../..');
  const isArchived = path.basename(app) === 'app.asar';
  // What Python and other programs read must lie outside the archive.
  const root = isArchived ? path.join(resourcesPath, 'studio') : app;
  // The core too: its native modules are real files beside it.
  const coreDir = isArchived ? path.join(`${app}.unpacked`, 'dist/desktop') : bundleDir;
  const images = path.join(root, 'resources', 'icons');
  return {
    root,
    pagesDir: path.resolve(bundleDir, '../renderer'),
    preload: path.join(bundleDir, 'preload.cjs'),
    core: path.join(coreDir, 'core-host.mjs'),
    icon: existing(path.join(images, 'icon.png')),
    trayIcon: existing(path.join(images, 'tray.png')),
  };
}
