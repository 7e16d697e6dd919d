import { StudioError } from '../../shared/contract/studio-error.ts';
import type { ProcessPlatform } from '../ports.ts';
import { linuxProcesses } from './linux-processes.ts';
import type { BreakCommand } from './windows-processes.ts';
import { windowsProcesses } from './windows-processes.ts';

/** The process port of this machine. Throws `job.platform_unsupported`. */
export function processPlatform(breakCommand: BreakCommand): ProcessPlatform {
  if (process.platform === 'win32') return windowsProcesses(breakCommand);
  if (process.platform === 'linux') return linuxProcesses();
  throw new StudioError('job.platform_unsupported', { platform: process.platform });
}
