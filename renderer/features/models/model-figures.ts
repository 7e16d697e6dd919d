import type { ModelView } from '../../../electron/shared/contract/methods/models.ts';
import { formatNumber } from '../../i18n/format.ts';

const BILLION = 1e9;
const MILLION = 1e6;
const THOUSAND = 1e3;

/** 7.7 B, 24.8 M, 129 K: parameters as models are named by them. */
export function parameterText(parameters: number | undefined): string {
  if (parameters === undefined || parameters === 0) return '—';
  if (parameters >= BILLION) return `${formatNumber(parameters / BILLION, 1)}\u2009B`;
  if (parameters >= MILLION) return `${formatNumber(parameters / MILLION, 1)}\u2009M`;
  return parameters >= THOUSAND ? `${formatNumber(parameters / THOUSAND)}\u2009K` : formatNumber(parameters);
}

/** `owner/name@revision`, the revision short. */
export function sourceText({ source }: Pick<ModelView, 'source'>): string | undefined {
  if (source === undefined) return undefined;
  const { repository, revision } = source;
  const short =
    revision !== undefined && /^[0-9a-f]{12,}$/u.test(revision) ? revision.slice(0, 10) : revision;
  return short === undefined ? repository : `${repository}@${short}`;
}
