const KEY = 'legal-eagle.columns.';

type Widths = Record<string, number>;

/** Column widths a person gave the table of this name, in pixels. */
export function rememberedWidths(table: string): Widths {
  try {
    const stored: unknown = JSON.parse(window.localStorage.getItem(KEY + table) ?? '{}');
    if (typeof stored !== 'object' || stored === null) return {};
    return Object.fromEntries(
      Object.entries(stored).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  } catch {
    return {};
  }
}

export function rememberWidths(table: string, widths: Readonly<Widths>): void {
  if (Object.keys(widths).length > 0) window.localStorage.setItem(KEY + table, JSON.stringify(widths));
}
