import type { Recipe } from '../protocol/recipe.ts';
import { AUTOMATIC_CARD, localProcesses } from './choose-card.ts';

/** What one machine of a run runs. The first keeps the run folder. */
export type LaunchLine = Readonly<{ host: string; command: string }>;

/** A list of machines that cannot be, as an error code with its parameters. */
export type HostsFault = Readonly<{
  code: 'train.hosts_too_few' | 'train.host_invalid' | 'train.host_twice';
  params: Readonly<Record<string, string>>;
}>;

/** torchrun's own default. */
const MEETING_PORT = 29_500;

const NAME = /^\w(?:[\w.-]{0,251}\w)?$/u;
const IPV6 = /^[\dA-Fa-f]{0,4}(?::[\dA-Fa-f]{0,4}){2,7}$/u;
// What every shell takes for one word.
const PLAIN_WORD = /^[\w@%+=:,./-]+$/u;

/** Names or addresses of two machines or more, separated by commas. */
export function parseHosts(text: string): readonly string[] | HostsFault {
  const hosts = text.split(',').map((host) => host.trim());
  const wrong = hosts.find((host) => !NAME.test(host) && !IPV6.test(host));
  if (wrong !== undefined) return { code: 'train.host_invalid', params: { host: wrong, hosts: text } };
  const twice = hosts.find((host, index) => hosts.findIndex((one) => isSameHost(one, host)) < index);
  if (twice !== undefined) return { code: 'train.host_twice', params: { host: twice, hosts: text } };
  if (hosts.length < 2) return { code: 'train.hosts_too_few', params: { hosts: text } };
  return hosts;
}

/**
 * What to run on each machine. The engine prints the same by `legal_eagle.launch_lines`;
 * `test/fixtures/recipes/launch-lines.json` is read by the tests of both.
 */
export function launchLines(
  hosts: readonly string[],
  hardware: Recipe['hardware'],
  recipeFile: string,
  changes: readonly string[],
): readonly LaunchLine[] {
  // UUIDs name cards of one machine.
  const cards = hardware.gpu === AUTOMATIC_CARD ? [] : ['hardware.gpu=auto'];
  const words = ['-m', 'legal_eagle', 'train', recipeFile];
  const settings = [...changes, ...cards].flatMap((change) => ['--set', change]);
  return hosts.map((host, rank) => {
    const meeting = ['--nnodes', String(hosts.length), '--node-rank', String(rank)];
    const processes = ['--nproc-per-node', String(localProcesses(hardware))];
    const address = ['--master-addr', hosts[0] ?? host, '--master-port', String(MEETING_PORT)];
    const line = ['torchrun', ...meeting, ...processes, ...address, ...words, ...settings];
    return { host, command: line.map(shellWord).join(' ') };
  });
}

const isSameHost = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();

const shellWord = (word: string): string =>
  PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
