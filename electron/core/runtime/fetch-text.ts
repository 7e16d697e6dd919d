const TIMEOUT_MS = 60_000;

/** The text behind an https address. Rejects on any status but 2xx. Proxies are taken from the environment. */
export const fetchText = async (url: string): Promise<string> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`HTTP ${String(response.status)} for ${url}`);
  return response.text();
};
