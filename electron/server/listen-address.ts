import { hostname, networkInterfaces } from 'node:os';

import { StudioError } from '../shared/contract/studio-error.ts';

export type Certificate = Readonly<{ cert: Buffer; key: Buffer }>;

export type ListenAddress = Readonly<{
  host: string;
  scheme: 'http' | 'https';
  /** What a Host header may name, without the port. */
  names: readonly string[];
  /** What stands in the printed address. */
  shownName: string;
}>;

const LOOPBACK = '127.0.0.1';
const LOOPBACK_NAMES: Readonly<Record<string, readonly string[]>> = {
  [LOOPBACK]: [LOOPBACK, 'localhost'],
  localhost: [LOOPBACK, 'localhost'],
  '::1': ['[::1]', 'localhost'],
};
const EVERYWHERE = new Set(['0.0.0.0', '::']);

const inAddress = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/**
 * Where to listen. Beyond the loopback a cookie and every row would cross the network in the clear, so that asks
 * for a certificate: throws `server.certificate_required`.
 */
export function listenAddress(host: string | undefined, certificate: Certificate | undefined): ListenAddress {
  const wanted = host ?? LOOPBACK;
  const loopback = LOOPBACK_NAMES[wanted];
  if (loopback === undefined && certificate === undefined)
    throw new StudioError('server.certificate_required', { host: wanted });
  const names = loopback ?? (EVERYWHERE.has(wanted) ? everyName() : [inAddress(wanted)]);
  return {
    host: wanted === 'localhost' ? LOOPBACK : wanted,
    scheme: certificate === undefined ? 'http' : 'https',
    names: names.map((name) => name.toLowerCase()),
    shownName: names[0] ?? inAddress(wanted),
  };
}

/** All names this machine has of its own; the name that a person's network gave it first. */
function everyName(): readonly string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .map((one) => inAddress(one.address));
  return [hostname(), ...addresses, 'localhost'];
}
