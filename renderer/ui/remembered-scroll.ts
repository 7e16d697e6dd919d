const KEY = 'legal-eagle.scroll.';

/** How far a list was scrolled when its screen was left, in pixels; 0 where it was not seen in this tab. */
export function rememberedScroll(list: string): number {
  const stored = Number(window.sessionStorage.getItem(KEY + list));
  return Number.isFinite(stored) ? stored : 0;
}

export function rememberScroll(list: string, topPx: number): void {
  window.sessionStorage.setItem(KEY + list, String(topPx));
}
