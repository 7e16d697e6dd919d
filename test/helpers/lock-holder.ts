/** Tries to take the lock of the data folder in its argument, says `held` or `refused`, and stays. */
import { lockDataFolder } from '../../electron/core/db/core-lock.ts';
import { linuxProcesses } from '../../electron/core/platform/linux-processes.ts';

try {
  await lockDataFolder(process.argv[2] ?? '', linuxProcesses(), 'lock-holder');
  process.stdout.write('held\n');
} catch (error) {
  process.stdout.write(`refused ${String(error)}\n`);
}
setInterval(() => undefined, 1000);
