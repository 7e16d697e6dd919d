import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { DesktopTarget } from './desktop-build.ts';
import { repositoryRoot } from './dev-environment.ts';
import { packageConfig } from './package-config.ts';
import { stageApp } from './stage-app.ts';

export type PackageRequest = Readonly<{
  out: string;
  /** Only the unpacked app, no installer. */
  dirOnly: boolean;
  platform: 'linux' | 'win32';
  target: DesktopTarget;
  electronDist?: string | undefined;
  inspectable?: boolean;
  feedUrl?: string | undefined;
}>;

/** Builds the packages; returns the folder of the unpacked app. */
export async function packageApp(request: PackageRequest): Promise<string> {
  const { Arch, build, Platform } = await import('electron-builder');
  const stage = mkdtempSync(path.join(tmpdir(), 'legal-eagle-package-'));
  try {
    const { electronDist, inspectable = false, feedUrl, out } = request;
    const licences = await stageApp(stage, {
      target: request.target,
      system: `${request.platform}-x64`,
      electronDist,
    });
    const platform = request.platform === 'linux' ? Platform.LINUX : Platform.WINDOWS;
    await build({
      projectDir: repositoryRoot,
      targets: platform.createTarget(request.dirOnly ? 'dir' : null, Arch.x64),
      config: packageConfig({ stage, licences, out, electronDist, inspectable, feedUrl }),
      publish: 'never',
    });
    return path.join(out, request.platform === 'linux' ? 'linux-unpacked' : 'win-unpacked');
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}
