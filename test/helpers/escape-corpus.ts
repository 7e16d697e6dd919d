const ESC = '\u001B';
const BEL = '\u0007';
const ST = `${ESC}\\`;

/** Text that would show, somewhere, if a sequence carried it out of the screen. */
export const PAYLOAD = 'PAYLOAD';
const CLIPBOARD = Buffer.from(`${PAYLOAD}; touch /tmp/never`).toString('base64');

/** What a screen may answer: numbers and names of its own, in CSI, DCS or a colour; nothing of what it was asked. */
export const ANSWERS =
  /^(?:\u001B\[[?>=]?[\d;]*\$?[A-Za-z]|\u001BP[01]\$r[\d;"$ A-Za-z]*\u001B\\|\u001B\]1?\d;(?:\d+;)?rgb:[\da-f/]+(?:\u0007|\u001B\\))*$/u;

const STRINGS = [
  `<img src=x onerror="window.hit=1">${PAYLOAD}`,
  `<script>window.hit=1</script>${PAYLOAD}`,
  `javascript:window.hit=1//${PAYLOAD}`,
  `;${PAYLOAD}\r\ntouch never\r\n`,
  `?`,
  `c;${CLIPBOARD}`,
];
const OSC_NUMBERS = [
  0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 46, 50, 51, 52, 60, 66, 99, 104,
  105, 110, 111, 112, 133, 440, 633, 666, 697, 777, 1337, 5113, 5522, 99_999,
];
const LINKS = [
  'javascript:window.hit=1',
  'data:text/html,<script>window.hit=1</script>',
  'file:///etc/passwd',
  'vbscript:1',
  'app://studio/',
  'smb://host/share',
  `https://example.invalid/${PAYLOAD}`,
  'x:\u0000',
  '',
];
const CLIPBOARD_TARGETS = ['c', 'p', 's', 'q', '0', '7', '', 'cps', 'c0'];
const DCS_HEADS = ['$q', '+q', '+p', '=1s', '0;1|', '1$t', '2$t', '>|', 'q', '0p', '1000p', 'tmux;'];

/** Every way we know in which output makes terminals do more than draw, and many that no terminal knows. */
export function escapeCorpus(): readonly string[] {
  const corpus: string[] = [];
  for (const number of OSC_NUMBERS)
    for (const text of STRINGS)
      for (const end of [BEL, ST]) corpus.push(`${ESC}]${String(number)};${text}${end}`);
  for (const target of CLIPBOARD_TARGETS)
    for (const data of [CLIPBOARD, '?', '!', '='.repeat(100)])
      corpus.push(`${ESC}]52;${target};${data}${BEL}`, `\u009D52;${target};${data}\u009C`);
  for (const link of LINKS)
    for (const id of ['', 'id=1', `id=${PAYLOAD}:x=y`])
      corpus.push(`${ESC}]8;${id};${link}${ST}https://good.invalid${ESC}]8;;${ST}\r\n`);
  for (const head of DCS_HEADS)
    for (const text of [PAYLOAD, '"p', 'm', ' q', `544e;${PAYLOAD}`, `${ESC}]52;c;${CLIPBOARD}${BEL}`])
      corpus.push(`${ESC}P${head}${text}${ST}`);
  for (const kind of ['_G', '_', '^', 'X', 'k'])
    for (const text of STRINGS) corpus.push(`${ESC}${kind}a=T,f=100,t=f;${text}${ST}`);
  for (const final of 'cnpqtxu') {
    for (const prefix of ['', '?', '>', '=', '<'])
      for (const numbers of ['', '0', '5', '6', '15', '18', '20', '21', '22;0', '8;9999;9999', '3;0;0'])
        corpus.push(`${ESC}[${prefix}${numbers}${final}`);
  }
  corpus.push(
    `${ESC}Z`,
    '\u0005',
    `${ESC}[?1$p`,
    `${ESC}[${'9'.repeat(3000)}m`,
    `${ESC}[${'1;'.repeat(5000)}m`,
    `${ESC}[2147483647b`,
    `${ESC}[99999999@${ESC}[99999999L${ESC}[99999999M${ESC}[99999999P`,
    `${ESC}]0;${'A'.repeat(200_000)}${BEL}`,
    `\u202E${PAYLOAD}\u2066`,
  );
  return corpus;
}
