import type { HandlersFor } from '../shared/contract/define.ts';
import type { KeyringContract } from '../shared/contract/keyring-contract.ts';
import type { KeyringStatus } from '../shared/contract/methods/accounts.ts';
import { StudioError } from '../shared/contract/studio-error.ts';

/** What an Electron may lack: the asynchronous calls came late, and the others will go. */
export type SafeStorageLike = Readonly<{
  isEncryptionAvailable?: () => boolean;
  encryptString?: (text: string) => Buffer;
  decryptString?: (bytes: Buffer) => string;
  isAsyncEncryptionAvailable?: () => Promise<boolean>;
  encryptStringAsync?: (text: string) => Promise<Buffer>;
  decryptStringAsync?: (bytes: Buffer) => Promise<{ result: string; shouldReEncrypt: boolean }>;
  /** Linux alone has a choice of them. */
  getSelectedStorageBackend?: () => string;
}>;

/** `basic_text` encrypts with a key that stands in Chromium's sources: plain text to whoever reads them. */
const WEAK_BACKENDS: readonly string[] = ['basic_text', 'unknown'];

const BACKENDS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { win32: 'DPAPI', darwin: 'Keychain' };

/**
 * The system's keyring for the core, by the asynchronous calls where they exist. Everything is asked anew each time: a
 * person may unlock a keyring while the studio is open.
 */
export function keyringHandlers(
  storage: SafeStorageLike,
  platform: NodeJS.Platform,
): HandlersFor<KeyringContract> {
  const isAvailable = async (): Promise<boolean> =>
    storage.isAsyncEncryptionAvailable === undefined
      ? (storage.isEncryptionAvailable?.() ?? false)
      : storage.isAsyncEncryptionAvailable();
  const backend = (): string | undefined =>
    platform === 'linux' ? storage.getSelectedStorageBackend?.() : BACKENDS[platform];
  const status = async (): Promise<KeyringStatus> => {
    try {
      const name = backend();
      const named = name === undefined ? {} : { backend: name };
      if (name !== undefined && WEAK_BACKENDS.includes(name))
        return { available: false, reason: 'weak', ...named };
      return (await isAvailable())
        ? { available: true, ...named }
        : { available: false, reason: 'unavailable', ...named };
    } catch {
      return { available: false, reason: 'unavailable' };
    }
  };
  const seal = async (secret: string): Promise<string> => {
    const sealed = await (storage.encryptStringAsync?.(secret) ?? storage.encryptString?.(secret));
    if (sealed === undefined) throw new Error('this shell cannot encrypt');
    return sealed.toString('base64');
  };
  return {
    'keyring.status': status,
    'keyring.seal': ({ secret }) =>
      answered(async () => {
        const { available, reason } = await status();
        // Never with the key that everybody knows.
        if (!available) throw new Error(reason ?? 'unavailable');
        return { sealed: await seal(secret) };
      }),
    'keyring.open': ({ sealed }) =>
      answered(async () => {
        const bytes = Buffer.from(sealed, 'base64');
        if (storage.decryptStringAsync === undefined) {
          const secret = storage.decryptString?.(bytes);
          if (secret === undefined) throw new Error('this shell cannot decrypt');
          return { secret };
        }
        const { result, shouldReEncrypt } = await storage.decryptStringAsync(bytes);
        return shouldReEncrypt ? { secret: result, resealed: await seal(result) } : { secret: result };
      }),
  };
}

/** A failure of the system's keyring, in words that hold nothing of what was sealed. */
async function answered<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StudioError('secrets.keyring_failed', { reason });
  }
}
