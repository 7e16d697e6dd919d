import { StudioError } from '../../shared/contract/studio-error.ts';

export type Values = Readonly<Record<string, unknown>>;

/** A whole number above zero; null counts as absent. Throws `model.config_invalid`. */
export function positiveInt(values: Values, key: string, fallback?: number): number {
  const value = values[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) throw invalid(key, value);
  return value;
}

/** A number above zero; null counts as absent. `path` names it where it stands inside an object. */
export function positiveNumber(values: Values, key: string, fallback: number, path: string = key): number {
  const value = values[key] ?? fallback;
  if (typeof value !== 'number' || !(value > 0)) throw invalid(path, value);
  return value;
}

export function invalid(key: string, value: unknown): StudioError {
  return new StudioError('model.config_invalid', { key, value: String(value) });
}
