import type { TensorInfo } from './safetensors-header.ts';

export type TensorTotals = Readonly<{ dtype: string; parameters: number; bytes: number }>;

/** Sums over stored tensors; `dtype` is the type of most bytes, for norms are often kept wider than the rest. */
export function tensorTotals(tensors: Iterable<TensorInfo>): TensorTotals {
  let parameters = 0;
  let bytes = 0;
  const dtypeBytes = new Map<string, number>();
  for (const info of tensors) {
    parameters += info.shape.reduce((product, size) => product * size, 1);
    bytes += info.bytes;
    dtypeBytes.set(info.dtype, (dtypeBytes.get(info.dtype) ?? 0) + info.bytes);
  }
  const [dtype] = [...dtypeBytes].sort((left, right) => right[1] - left[1])[0] ?? ['F32'];
  return { dtype, parameters, bytes };
}
