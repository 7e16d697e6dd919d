import { StudioError } from '../../shared/contract/studio-error.ts';
import { invalid, type Values } from './config-values.ts';

const ATTENTION_KINDS: ReadonlySet<unknown> = new Set(['full_attention', 'sliding_attention']);

/** transformers' default of `max_window_layers`, which Qwen2 and Qwen3 files may leave out. */
const QWEN_FULL_LAYERS = 28;

/**
 * For each layer the tokens that it looks back, null where all; undefined where no layer is limited. The same as
 * `legal_eagle.models.attention_windows.read_windows`. Throws `model.config_invalid`.
 */
export function readWindows(
  values: Values,
  modelType: string,
  layers: number,
): readonly (number | null)[] | undefined {
  const window = values['sliding_window'] ?? undefined;
  const isMistral = modelType === 'mistral';
  if (window === undefined || !(isMistral || values['use_sliding_window'] === true)) return undefined;
  if (typeof window !== 'number' || !Number.isSafeInteger(window) || window <= 0)
    throw invalid('sliding_window', window);
  const each = (isLimited: (layer: number) => boolean): readonly (number | null)[] | undefined => {
    const windows = Array.from({ length: layers }, (_, layer) => (isLimited(layer) ? window : null));
    return windows.some((one) => one !== null) ? windows : undefined;
  };
  if (isMistral) return each(() => true);
  const kinds = values['layer_types'] ?? undefined;
  if (kinds === undefined) {
    const first = values['max_window_layers'] ?? QWEN_FULL_LAYERS;
    if (typeof first !== 'number' || !Number.isSafeInteger(first) || first < 0)
      throw invalid('max_window_layers', first);
    return each((layer) => layer >= first);
  }
  if (!Array.isArray(kinds) || kinds.length !== layers) throw invalid('layer_types', kinds);
  const strange = (kinds as readonly unknown[]).find((kind) => !ATTENTION_KINDS.has(kind));
  if (strange !== undefined) {
    throw new StudioError('model.unsupported_option', {
      option: 'layer_types',
      value: JSON.stringify(strange),
    });
  }
  return each((layer) => kinds[layer] === 'sliding_attention');
}
