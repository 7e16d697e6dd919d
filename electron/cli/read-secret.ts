import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * One line of standard input, for what must not stand on a command line: piped in, or typed at a prompt that shows
 * nothing of it. Empty where the input ends without a line.
 */
export async function readSecret(prompt: string, showPrompt: (text: string) => void): Promise<string> {
  const isTyped = process.stdin.isTTY;
  if (isTyped) showPrompt(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: isTyped });
  try {
    for await (const line of lines) return line.trim();
    return '';
  } finally {
    lines.close();
  }
}
