import { Anchor } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import type { ReactElement, ReactNode } from 'react';

import { useTold } from './use-told.ts';

export type OutsideLinkProps = Readonly<{
  address: string;
  /** Opens it outside, by the shell's own rule on addresses. */
  open: (address: string) => Promise<unknown>;
  children: ReactNode;
}>;

/** A page of another site; says so by its sign, and where it leads when pointed at. */
export function OutsideLink({ address, open, children }: OutsideLinkProps): ReactElement {
  const told = useTold();
  return (
    <Anchor
      component="button"
      type="button"
      title={address}
      underline="always"
      style={{ display: 'inline-flex', alignItems: 'center', gap: 4, textAlign: 'start' }}
      onClick={() => told(open(address))}
    >
      {children}
      <IconExternalLink size={14} aria-hidden style={{ flex: 'none' }} />
    </Anchor>
  );
}
