import { useLayoutEffect, useRef, useState } from 'react';

import { uploadFile } from '../../api/upload.ts';
import type { DroppedFile } from './dropped-files.ts';
import type { ImportSource } from './import-draft.ts';

export type Upload = Readonly<{
  id: number;
  name: string;
  sentBytes: number;
  totalBytes: number;
  error?: unknown;
}>;

export type Uploads = Readonly<{
  uploads: readonly Upload[];
  send: (files: readonly DroppedFile[]) => Promise<void>;
  cancel: (id: number) => void;
  retry: (id: number) => void;
}>;

/** Sends files to the rig one after another; a failed one stays with its reason and can be sent again. */
export function useUploads(onUploaded: (source: ImportSource) => void): Uploads {
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  // An upload ends long after the drawing it began in; what it adds to must be today's.
  const latest = useRef(onUploaded);
  useLayoutEffect(() => {
    latest.current = onUploaded;
  }, [onUploaded]);
  const nextId = useRef(1);
  const files = useRef(new Map<number, Readonly<{ file: DroppedFile; abort: AbortController }>>());
  const patch = (id: number, changes: Partial<Upload>): void =>
    setUploads((all) => all.map((one) => (one.id === id ? { ...one, ...changes } : one)));
  const drop = (id: number): void => {
    files.current.delete(id);
    setUploads((all) => all.filter((one) => one.id !== id));
  };
  const sendOne = async (id: number): Promise<void> => {
    const entry = files.current.get(id);
    if (entry === undefined) return;
    try {
      const { path } = await uploadFile(entry.file.file, {
        onProgress: (sentBytes, totalBytes) => patch(id, { sentBytes, totalBytes }),
        signal: entry.abort.signal,
      });
      drop(id);
      latest.current({ path, name: entry.file.name, uploaded: true });
    } catch (error) {
      if (entry.abort.signal.aborted) drop(id);
      else patch(id, { error });
    }
  };
  return {
    uploads,
    send: async (dropped) => {
      const added = dropped.map((file): Upload => {
        const id = nextId.current++;
        files.current.set(id, { file, abort: new AbortController() });
        return { id, name: file.name, sentBytes: 0, totalBytes: file.file.size };
      });
      setUploads((all) => [...all, ...added]);
      for (const { id } of added) await sendOne(id);
    },
    cancel: (id) => {
      files.current.get(id)?.abort.abort();
      drop(id);
    },
    retry: (id) => {
      setUploads((all) =>
        all.map(({ error: _error, ...one }) => (one.id === id ? { ...one, sentBytes: 0 } : one)),
      );
      void sendOne(id);
    },
  };
}
