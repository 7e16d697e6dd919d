/** Nothing listens on the discard port, so whoever follows the proxy variables is refused at once. */
const DEAD_PROXY = 'http://127.0.0.1:9';

const PROXY_NAMES = ['http_proxy', 'https_proxy', 'all_proxy', 'ftp_proxy'] as const;

/**
 * What a job's process gets on a rig that is cut off by its settings: hubs silent (every job gets that already), a
 * proxy that refuses for programs that look for one, and the word by which `legal_eagle/jobs/air_gap.py` refuses
 * every connection to another machine.
 */
export const AIR_GAP_VARIABLES: Readonly<Record<string, string>> = {
  LEGAL_EAGLE_AIR_GAP: '1',
  ...Object.fromEntries(
    PROXY_NAMES.flatMap((name) => [
      [name, DEAD_PROXY],
      [name.toUpperCase(), DEAD_PROXY],
    ]),
  ),
  no_proxy: '',
  NO_PROXY: '',
};
