/** Bytes that a file name may have everywhere, less what an ending needs. */
const MOST_BYTES = 180;

/** A file's name for what is made of a run, which every file system takes; the id keeps two of one name apart. */
export function runFileName(run: Readonly<{ id: string; name: string }>): string {
  let name = run.name.replace(/[\u0000-\u001f<>:"/\\|?*]/gu, '_').replace(/^[. ]+|[. ]+$/gu, '');
  while (utf8Bytes(name) > MOST_BYTES) name = Array.from(name).slice(0, -1).join('');
  return `${name === '' ? 'run' : name}-${run.id.slice(-6)}`;
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
