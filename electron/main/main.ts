/** The Electron shell. Everything it knows how to do lies beside it; here it is put together. */
import path from 'node:path';

import { app } from 'electron';

import { registerAppScheme } from './app-scheme.ts';
import { startShell } from './start-shell.ts';

registerAppScheme();
app.enableSandbox();
// A data folder named by the environment is a studio of its own: its shell's state and its lock go with it.
const home = process.env['LEGAL_EAGLE_HOME'];
if (home !== undefined && home !== '') app.setPath('userData', path.join(path.resolve(home), 'shell'));

if (app.requestSingleInstanceLock()) startShell(app);
else app.quit();
