import { StudioError } from '../../shared/contract/studio-error.ts';
import { invalid, positiveNumber, type Values } from './config-values.ts';
import { isObject } from './strict-json.ts';

/**
 * Checks the rotary settings as `legal_eagle.models.rope_scaling` reads them, in every spelling. Throws
 * `model.config_invalid`, and `model.rope_unsupported` for a kind that the engine does not compute.
 */
export function checkRope(values: Values, maxPositions: number): void {
  checkTheta(values);
  const stated = scalingOf(values);
  const kind = stated['rope_type'] ?? stated['type'] ?? 'default';
  const check = (key: string, fallback: number): number =>
    positiveNumber(stated, key, fallback, `rope_scaling.${key}`);
  switch (kind) {
    case 'default':
      return;
    case 'linear':
    case 'dynamic':
      check('factor', 1);
      return;
    case 'llama3':
      check('factor', 1);
      check('original_max_position_embeddings', maxPositions);
      check('low_freq_factor', 1);
      check('high_freq_factor', 4);
      return;
    case 'yarn':
      check('original_max_position_embeddings', maxPositions);
      check('factor', 1);
      checkYarnAttention(stated, check);
      check('beta_fast', 32);
      check('beta_slow', 1);
      return;
    default:
      throw new StudioError('model.rope_unsupported', {
        kind: typeof kind === 'string' ? kind : JSON.stringify(kind),
      });
  }
}

function checkYarnAttention(stated: Values, check: (key: string, fallback: number) => number): void {
  if ((stated['attention_factor'] ?? undefined) !== undefined) {
    check('attention_factor', 1);
  } else if (
    (stated['mscale'] ?? undefined) !== undefined &&
    (stated['mscale_all_dim'] ?? undefined) !== undefined
  ) {
    check('mscale', 1);
    check('mscale_all_dim', 1);
  }
}

function checkTheta(values: Values): void {
  const stated: readonly (readonly [key: string, value: unknown])[] = [
    ['rope_theta', values['rope_theta']],
    ['rope_parameters.rope_theta', objectAt(values, 'rope_parameters')['rope_theta']],
    ['rotary.base', objectAt(values, 'rotary')['base']],
  ];
  const first = stated.find(([, value]) => value !== undefined && value !== null);
  if (first === undefined) return;
  const [key, value] = first;
  if (typeof value !== 'number' || !(value > 1)) throw invalid(key, value);
}

function scalingOf(values: Values): Values {
  for (const key of ['rope_scaling', 'rope_parameters']) {
    const stated = objectAt(values, key);
    if (Object.keys(stated).length > 0) return stated;
  }
  return objectAt(values, 'rotary')['type'] === 'dynamic' ? { type: 'dynamic' } : {};
}

function objectAt(values: Values, key: string): Values {
  const value = values[key];
  return isObject(value) ? value : {};
}
