/** A language in which figures are written: that of the page or of a file. */
type FigureLanguage = 'zh-CN' | 'en';

/** By digits after the point: making one takes far longer than using it, and charts write hundreds of figures. */
const NUMBERS = new Map<number, Intl.NumberFormat>();

/** 13,482; `digits` after the point. Not a number: an em dash. */
export function formatNumber(value: number | undefined, digits = 0): string {
  if (value === undefined || !Number.isFinite(value)) return '—';
  let format = NUMBERS.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    NUMBERS.set(digits, format);
  }
  return format.format(value);
}

/** Loss and its kin: three decimals, exponent where they would all be zero. */
export function formatLoss(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '—';
  return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(2) : value.toFixed(3);
}

/** 2 小时 11 分 / 2 h 11 m; seconds below an hour, days above one. */
export function formatDuration(durationMs: number | undefined, language: FigureLanguage): string {
  if (durationMs === undefined || !Number.isFinite(durationMs)) return '—';
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  const units =
    language === 'zh-CN'
      ? { d: ' 天', h: ' 小时', m: ' 分', s: ' 秒' }
      : { d: ' d', h: ' h', m: ' m', s: ' s' };
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days}${units.d} ${hours}${units.h}`;
  if (hours > 0) return `${hours}${units.h} ${minutes}${units.m}`;
  if (minutes > 0) return `${minutes}${units.m} ${seconds % 60}${units.s}`;
  return `${seconds}${units.s}`;
}

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** Decimal bytes, as disks are sold; split so that the unit can be set lighter. */
export function bytesParts(bytes: number): Readonly<{ value: string; unit: string }> {
  let amount = bytes;
  let index = 0;
  while (amount >= 1000 && index < BYTE_UNITS.length - 1) {
    amount /= 1000;
    index += 1;
  }
  return {
    value: formatNumber(amount, index === 0 || amount >= 100 ? 0 : 1),
    unit: BYTE_UNITS[index] ?? 'B',
  };
}

export function formatBytes(bytes: number): string {
  const { value, unit } = bytesParts(bytes);
  return `${value}\u2009${unit}`;
}

/** Local date and time; the same width in a column. */
export function formatTime(timeMs: number | undefined, language: FigureLanguage): string {
  if (timeMs === undefined) return '—';
  return new Date(timeMs).toLocaleString(language === 'zh-CN' ? 'zh-CN' : 'en-GB', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** Memory of a card in the gigabytes that cards are sold and `nvidia-smi` counts in (2³⁰), without the unit. */
export const cardGigabytes = (bytes: number): string => formatNumber(bytes / 2 ** 30, 1);
