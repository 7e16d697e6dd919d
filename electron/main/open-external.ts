/** Sites that the studio's own texts name; nothing else is opened in a browser. */
const NAMED_HOSTS: ReadonlySet<string> = new Set([
  'modelscope.cn',
  'www.modelscope.cn',
  'www.modelscope.ai',
  'huggingface.co',
  'ollama.com',
  'www.nvidia.com',
  'docs.nvidia.com',
  'pytorch.org',
  'www.python.org',
]);

/** The address as it may be opened, or undefined: https, a host of the list, no user name, the usual port. */
export function allowedAddress(offered: string): string | undefined {
  let url: URL;
  try {
    url = new URL(offered);
  } catch {
    return undefined;
  }
  const plain = url.username === '' && url.password === '' && url.port === '';
  return url.protocol === 'https:' && plain && NAMED_HOSTS.has(url.hostname) ? url.href : undefined;
}
