import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

import { chatReplySchema, type ChatReply } from '../../shared/protocol/chat.ts';

/** A reply is at most one answer; a line beyond this is not one. */
const MOST_LINE_CHARACTERS = 16 * 1024 * 1024;

/**
 * Reads the replies of a chat job, one JSON object a line. `onInvalid` hears of a line that is no reply;
 * reading goes on, since the lines around it may be whole.
 */
export function readReplies(
  stream: Readable,
  onReply: (reply: ChatReply) => void,
  onInvalid: (reason: string) => void,
): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MOST_LINE_CHARACTERS) {
      rest = '';
      onInvalid('endless line');
    }
    for (const line of lines) {
      const reply = parseReply(line);
      if (reply === undefined) onInvalid('not a reply');
      else onReply(reply);
    }
  });
  // The job's exit, which follows, tells what happened.
  stream.on('error', () => undefined);
}

function parseReply(line: string): ChatReply | undefined {
  try {
    const parsed = chatReplySchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
