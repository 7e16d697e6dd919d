/** A file of a drop, with its place in the dropped folder. */
export type DroppedFile = Readonly<{ file: File; name: string }>;

/** Files that a dataset may come from; everything else in a folder is left where it is. */
const READABLE = /\.(jsonl?|ndjson|csv|tsv|txt|xlsx|parquet|arrow|gz|zip)$/iu;

/** All files of a drop: single files as they are, folders to their depths. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly DroppedFile[]> {
  // Both must be asked for before the first await: the list is emptied when the event ends.
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const found = items.map((item) => {
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry !== null) return filesOf(entry, '');
    // What comes from another program than a file manager has no entry.
    return Promise.resolve(file === null ? [] : [{ file, name: file.name }]);
  });
  return (await Promise.all(found)).flat();
}

async function filesOf(entry: FileSystemEntry, folder: string): Promise<readonly DroppedFile[]> {
  const name = `${folder}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    // A single file is taken whatever its name is: the importer looks inside.
    return folder === '' || READABLE.test(entry.name) ? [{ file, name }] : [];
  }
  const children = await entriesOf((entry as FileSystemDirectoryEntry).createReader());
  const found = await Promise.all(children.map((child) => filesOf(child, `${name}/`)));
  return found.flat();
}

/** A reader hands out a folder in parts, and says with an empty one that it is done. */
async function entriesOf(reader: FileSystemDirectoryReader): Promise<readonly FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (part.length === 0) return all;
    all.push(...part);
  }
}
