import { useState } from 'react';

import { useCall, useConnection, useTopic } from '../../api/hooks.ts';
import type { TerminalView } from '../../../electron/shared/contract/methods/terminal.ts';

export type Terminals = Readonly<{
  /** Undefined until the core has said. */
  items: readonly TerminalView[] | undefined;
  error: unknown;
  /** One that the core has just opened; its topic may be on the way still. */
  add: (terminal: TerminalView) => void;
}>;

/** The open terminals, as the core's topic tells them. */
export function useTerminals(): Terminals {
  const online = useConnection().state === 'online';
  const listed = useCall('terminal.list', {});
  const [told, setTold] = useState<readonly TerminalView[]>();
  // A core that was started again has none of them, and its topic begins anew.
  useTopic(online ? 'terminals' : undefined, (data) => {
    if ('items' in data) setTold(data.items);
  });
  const items = told ?? listed.data?.items;
  return {
    items,
    error: items === undefined ? (listed.error ?? undefined) : undefined,
    add: (terminal) =>
      setTold((known) =>
        known?.some(({ terminalId }) => terminalId === terminal.terminalId) === true
          ? known
          : [...(known ?? []), terminal],
      ),
  };
}
