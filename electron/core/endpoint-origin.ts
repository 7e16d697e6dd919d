/** One site under two names, with the same accounts. */
const ALIASES: Readonly<Record<string, string>> = {
  'https://www.modelscope.cn': 'https://modelscope.cn',
  'https://modelscope.ai': 'https://www.modelscope.ai',
};

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u;

/**
 * The origin that an endpoint comes to. Undefined where a token must not go at all: another scheme than https (http
 * within this machine excepted), a user name in the address, or no address.
 */
export function endpointOrigin(endpoint: string): string | undefined {
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//iu.test(endpoint) ? endpoint : `https://${endpoint}`);
  } catch {
    return undefined;
  }
  if (url.username !== '' || url.password !== '') return undefined;
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (!isSafe) return undefined;
  return ALIASES[url.origin] ?? url.origin;
}
