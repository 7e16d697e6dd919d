import { describe, expect, it } from 'vitest';

import { allowedAddress } from '../../../electron/main/open-external.ts';

const HOST = 'huggingface.co';

/** Schemes that some program of the system answers to, and that start it, open a file or sign in to a share. */
// prettier-ignore
const SCHEMES = [
  'http', 'ftp', 'ftps', 'file', 'javascript', 'data', 'vbscript', 'about', 'blob', 'app', 'devtools', 'chrome',
  'view-source', 'ws', 'wss', 'smb', 'nfs', 'sftp', 'ssh', 'telnet', 'rlogin', 'tel', 'sms', 'mailto', 'callto',
  'skype', 'facetime', 'zoommtg', 'slack', 'vscode', 'vscode-insiders', 'git', 'svn', 'magnet', 'steam', 'spotify',
  'ms-settings', 'ms-msdt', 'ms-officecmd', 'ms-word', 'ms-excel', 'ms-powerpoint', 'ms-appinstaller',
  'search-ms', 'search', 'calculator', 'jnlp', 'ldap', 'ldaps', 'gopher', 'itms-services', 'intent', 'market',
  'x-apple.systempreferences', 'shell', 'cmd', 'res', 'mk', 'ms-its', 'hcp', 'onenote', 'bitcoin', 'urn', 'cid',
  'studio', 'httpss', 'https-evil', 'xhttps',
];

/** Hosts that look like one of the list to a comparison of letters, or lead elsewhere by a rule of addresses. */
// prettier-ignore
const HOSTS = [
  'example.com', 'localhost', '127.0.0.1', '[::1]', '0.0.0.0', '169.254.169.254', '2130706433', '0x7f000001',
  `${HOST}.evil.example`, `evil-${HOST}`, `evil${HOST}`, `www.${HOST}`, `cdn-lfs.${HOST}`, `x.y.${HOST}`,
  `${HOST}.`, `${HOST}..`, `.${HOST}`, 'huggingface.com', 'huggingface.co.uk', 'hugging-face.co', 'huggingface',
  'xn--huggingface-9cb.co', 'huggingf\u0430ce.co', 'hugg\u0131ngface.co', 'evil.modelscope.cn', 'modelscope.com',
  'modelscope.cn.evil.example', 'www.modelscope.cn.', 'www.modelscope.cn.evil.example', 'ollama.com.evil.example',
  'ollama.co', 'ollama.ai', 'evilollama.com', 'nvidia.com', 'developer.nvidia.com', 'docs.nvidia.com.evil.example',
  'docsxnvidia.com', 'www-nvidia.com', 'download.pytorch.org', 'pytorch.org.evil.example', 'pytorch.orgx',
  'python.org', 'docs.python.org', 'www.python.org.evil.example', 'wwwxpython.org', 'github.com', 'gitee.com',
  'a'.repeat(300), '..', '%2e%2e', 'huggingface%2eco.evil.example', 'huggingface.co%2eevil.example',
];

/** The right host in a form that no text of the studio uses. */
const FORMS = [
  `https://user@${HOST}/`,
  `https://user:secret@${HOST}/`,
  `https://:secret@${HOST}/`,
  `https://${HOST}@evil.example/`,
  `https://${HOST}:443@evil.example/`,
  `https://${HOST}%40evil.example/`,
  `https://evil.example\\@${HOST}/`,
  `https://evil.example/@${HOST}`,
  `https://evil.example#@${HOST}/`,
  `https://evil.example?@${HOST}/`,
  `https://evil.example;@${HOST}/`,
  `https://${HOST}:80/`,
  `https://${HOST}:8443/`,
  `https://${HOST}:0/`,
  `https://${HOST}:65536/`,
  `https://${HOST}:x/`,
  `//${HOST}/`,
  `/${HOST}/`,
  HOST,
  `www.${HOST}`,
  `:${HOST}`,
  `https:`,
  `https://`,
  `https:///`,
  'https://?',
  '',
  ' ',
  '\u0000',
  'null',
  'undefined',
  '[object Object]',
  '/etc/passwd',
  '~/.bashrc',
  '../../etc/passwd',
  'C:\\Windows\\System32\\calc.exe',
  'C:/Windows/System32/calc.exe',
  '\\\\evil.example\\share\\x.exe',
  '\\\\?\\C:\\x.exe',
  '\\\\.\\pipe\\x',
  '//evil.example/share/x.exe',
  'file:////evil.example/share/x.exe',
  `file://${HOST}/share/x.exe`,
  'file:\\\\evil.example\\share',
  'https:evil.example',
  'https:/evil.example/',
  'https:\\\\evil.example\\',
  'https;//evil.example/',
  'h\u0000ttps://evil.example/',
  `https://${HOST}\u0000.evil.example/`,
  `https://${HOST} .evil.example/`,
  `https://${HOST}\u3002evil.example/`,
  `https://${HOST}\uFF0Eevil.example/`,
  `https://${HOST}\u202Eevil.example/`,
  `https://${HOST}|evil.example/`,
  `https://${HOST}^evil.example/`,
  `https://[${HOST}]/`,
  `https://<${HOST}>/`,
  `view-source:https://${HOST}/`,
  `blob:https://${HOST}/1`,
  `filesystem:https://${HOST}/1`,
  `javascript://${HOST}/%0Aalert(1)`,
  `javascript:alert(1)//https://${HOST}/`,
  `data:text/html,<script src=https://${HOST}/></script>`,
  `ms-msdt:/id PCWDiagnostic /skip force /param "https://${HOST}/"`,
  `mailto:a@${HOST}?attach=/etc/passwd`,
  '--inspect',
  '-h',
  '--gpu-launcher=calc',
  '$(touch /tmp/x)',
  '`touch /tmp/x`',
  '; touch /tmp/x',
];

const HOSTILE = [
  ...SCHEMES.flatMap((scheme) => [
    `${scheme}://${HOST}/`,
    `${scheme}:${HOST}`,
    `${scheme.toUpperCase()}://${HOST}/`,
  ]),
  ...HOSTS.map((host) => `https://${host}/`),
  ...FORMS,
];

describe('addresses that leave for the browser', () => {
  // A text of a model, a dataset or a terminal may name any of them.
  it('are none of a corpus of hostile ones', () => {
    expect(new Set(HOSTILE).size).toBe(HOSTILE.length);
    expect(HOSTILE.length).toBeGreaterThanOrEqual(200);
    expect(HOSTILE.filter((offered) => allowedAddress(offered) !== undefined)).toEqual([]);
  });

  it.each([
    [`https://${HOST}/Qwen`, `https://${HOST}/Qwen`],
    [`https://${HOST}`, `https://${HOST}/`],
    [`HTTPS://HUGGINGFACE.CO/Qwen`, `https://${HOST}/Qwen`],
    [`https://${HOST}:443/`, `https://${HOST}/`],
    ['https://www.modelscope.cn/models?page=1#top', 'https://www.modelscope.cn/models?page=1#top'],
    ['https://modelscope.cn/', 'https://modelscope.cn/'],
    ['https://ollama.com/', 'https://ollama.com/'],
    ['https://www.nvidia.com/drivers', 'https://www.nvidia.com/drivers'],
    ['https://docs.nvidia.com/cuda/', 'https://docs.nvidia.com/cuda/'],
  ])('%s is opened, as the parser reads it', (offered, opened) => {
    expect(allowedAddress(offered)).toBe(opened);
  });

  // What goes to the system's own opener must not be read as something else by a shell in between.
  it('carry neither spaces, quotes nor line ends', () => {
    const odd = `https://${HOST}/a b"c'd\`e\n\tf<g>|h`;
    expect(allowedAddress(odd)).not.toMatch(/[\s"<>`]/u);
  });
});
