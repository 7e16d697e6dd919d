import type { ReactElement, ReactNode } from 'react';

export type QuantityProps = Readonly<{
  /** Already formatted (thousands, digits); see i18n/format. */
  value: ReactNode;
  unit?: string;
}>;

/** A figure with its unit in a lighter tone after a thin space. */
export function Quantity({ value, unit }: QuantityProps): ReactElement {
  return (
    <span style={{ whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }}>
      {value}
      {unit !== undefined && <span style={{ color: 'var(--le-dimmed)' }}>{`\u2009${unit}`}</span>}
    </span>
  );
}
