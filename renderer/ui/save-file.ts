/** Hands a file to the browser to keep. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the content by the next task; the address would otherwise hold it in memory.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
