const BEGIN = '<think>';
const END = '</think>';

/** The `<think>` block that an answer begins with, apart from the answer. `isThinking`: it has not ended. */
export function thoughtOf(text: string): Readonly<{ thought: string; isThinking: boolean; answer: string }> {
  const start = text.trimStart();
  if (!start.startsWith(BEGIN)) return { thought: '', isThinking: false, answer: text };
  const end = start.indexOf(END);
  if (end < 0) return { thought: start.slice(BEGIN.length).trim(), isThinking: true, answer: '' };
  return {
    thought: start.slice(BEGIN.length, end).trim(),
    isThinking: false,
    answer: start.slice(end + END.length).trimStart(),
  };
}
