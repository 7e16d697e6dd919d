/** The Electron shell. Everything it knows how to do lies beside it; here it is put together. */
import path from 'node:path';

import { app } from 'electron';

import { describeError } from '../shared/contract/errors/index.ts';
import type { StudioError } from '../shared/contract/studio-error.ts';
import { registerAppScheme } from './app-scheme.ts';
import { hasDisplay } from './display.ts';
import { createShellLog } from './shell-log.ts';
import { startRefusal } from './start-refusal.ts';
import { startShell } from './start-shell.ts';

registerAppScheme();
app.enableSandbox();
// A data folder named by the environment is a studio of its own: its shell's state and its lock go with it.
const home = process.env['LEGAL_EAGLE_HOME'];
if (home !== undefined && home !== '') app.setPath('userData', path.join(path.resolve(home), 'shell'));
const log = createShellLog(path.join(app.getPath('userData'), 'shell.log'), Date.now);

const refusal = startRefusal({
  hasDisplay: process.platform !== 'linux' || hasDisplay(process.env),
  commandArguments: process.argv,
});
if (refusal !== undefined) refuse(refusal);
else if (app.requestSingleInstanceLock()) startShell(app, log);
else app.quit();

/** There may be no display to say it on. */
function refuse(error: StudioError): void {
  log('the app did not start', { code: error.code, params: error.params });
  const chosen = process.env['LEGAL_EAGLE_LANGUAGE'] ?? process.env['LC_ALL'] ?? process.env['LANG'] ?? '';
  const { message, action } = describeError(error, chosen.startsWith('zh') ? 'zh' : 'en');
  process.stderr.write(`${error.code}: ${message} ${action}\n`);
  app.exit(1);
}
