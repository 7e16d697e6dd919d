import { STUDIO_CONTRACT } from '../../electron/shared/contract/index.ts';

/** These do on a well-formed call what a test of thousands of calls cannot bear: windows, shells, installations, a new start. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'host.chooseFiles',
  'host.chooseSavePath',
  'host.reveal',
  'host.relaunch',
  'host.setAcceleration',
  'terminal.open',
  'runtime.install',
]);

/** The methods that hostile frames name. */
export const FUZZED_METHODS: readonly string[] = Object.keys(STUDIO_CONTRACT).filter(
  (name) => !LEFT_OUT.has(name),
);
