import type { Keyring } from '../core/ports.ts';
import type { CallerFor } from '../shared/contract/define.ts';
import type { ShellContract } from '../shared/contract/keyring-contract.ts';

/** The shell's keyring over the channel that only the core holds. */
export const createDesktopKeyring = (call: CallerFor<ShellContract>): Keyring => ({
  status: () => call('keyring.status', {}),
  seal: async (secret) => (await call('keyring.seal', { secret })).sealed,
  open: (sealed) => call('keyring.open', { sealed }),
});
