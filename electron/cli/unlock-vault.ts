import type { StudioClient } from './studio-session.ts';
import { SecretInput } from './read-secret.ts';
import type { Terminal } from './terminal.ts';

export const PASSPHRASE_PROMPT = {
  en: 'Passphrase of the vault (not shown): ',
  zh: '令牌保险库的口令（不显示）：',
} as const;

/** Opens the vault where there is one: its passphrase is typed unseen, or the next line of standard input. */
export async function unlockVault(client: StudioClient, terminal: Terminal): Promise<void> {
  const { vault } = await client.call('accounts.status', {});
  if (vault !== 'locked') return;
  const input = new SecretInput((text) => terminal.say(text));
  try {
    const passphrase = await input.next(terminal.words(PASSPHRASE_PROMPT));
    await client.call('accounts.unlock', { passphrase: passphrase ?? '' });
  } finally {
    input.close();
  }
}
