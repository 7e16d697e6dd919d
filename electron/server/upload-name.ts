import { StudioError } from '../shared/contract/studio-error.ts';

/** Longest name, in bytes, that every file system of ours takes. */
const MOST_BYTES = 200;
/** Separators, stream marks, wildcards and control characters: a name that is a path, or no name on Windows. */
const FORBIDDEN = /[\u0000-\u001f\u007f<>:"/\\|?*]/u;
/** Windows answers to these with a device, whatever follows the dot. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/iu;

/** The name an uploaded file keeps. Throws `server.upload_name` for what could be anything but a plain file. */
export function uploadName(offered: string): string {
  const name = offered.normalize('NFC');
  const plain =
    name !== '' &&
    !FORBIDDEN.test(name) &&
    !DEVICE.test(name) &&
    !name.startsWith('.') &&
    !/[. ]$/u.test(name) &&
    Buffer.byteLength(name) <= MOST_BYTES;
  if (!plain) throw new StudioError('server.upload_name', { name: offered.slice(0, MOST_BYTES) });
  return name;
}
