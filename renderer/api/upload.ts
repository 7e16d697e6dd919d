import { errorBodySchema, fromErrorBody, StudioError } from '../../electron/shared/contract/studio-error.ts';
import { desktopBridge } from './desktop-bridge.ts';
import { REQUEST_HEADERS } from './session.ts';

export type Uploaded = Readonly<{
  /** Where the file now lies on the rig; `datasets.import` takes it as a source. */
  path: string;
  bytes: number;
}>;

export type UploadOptions = Readonly<{
  onProgress?: (sentBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}>;

/**
 * Brings a file of the person's to the core. The desktop reads it where it lies; a browser streams it to the rig,
 * which rejects with `server.*`, or `core.disconnected` where the connection breaks.
 */
export async function uploadFile(file: File, options: UploadOptions = {}): Promise<Uploaded> {
  const path = await desktopBridge?.grantFile(file);
  return path === undefined || path === '' ? streamFile(file, options) : { path, bytes: file.size };
}

function streamFile(file: File, options: UploadOptions): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    // fetch cannot tell how much of a body has been sent.
    const request = new XMLHttpRequest();
    request.open('PUT', `api/uploads/${encodeURIComponent(file.name)}`);
    for (const [name, value] of Object.entries(REQUEST_HEADERS)) request.setRequestHeader(name, value);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.onprogress = (event) => options.onProgress?.(event.loaded, event.total);
    request.onload = () => {
      if (request.status === 200) {
        resolve(request.response as Uploaded);
        return;
      }
      const parsed = errorBodySchema.safeParse((request.response as { error?: unknown } | null)?.error);
      reject(parsed.success ? fromErrorBody(parsed.data) : new StudioError('core.disconnected'));
    };
    request.onerror = () => reject(new StudioError('core.disconnected'));
    request.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
    options.signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
