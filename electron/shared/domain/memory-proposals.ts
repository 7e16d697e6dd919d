import type { ErrorBody } from '../contract/studio-error.ts';

/** A setting with which a run that ran out of memory is predicted to fit. */
export type MemoryProposal = Readonly<{
  field: MemoryField;
  value: number | string;
  /** Predicted peak of all tensors; undefined where nothing could be measured. */
  peakBytes: number | undefined;
}>;

/** Settings that the engine proposes (engine/memory_proposals.py). */
const FIELDS = ['hardware.quantization', 'cutoffLength', 'method'] as const;
type MemoryField = (typeof FIELDS)[number];

type Unknown = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Unknown => typeof value === 'object' && value !== null;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The proposals that `train.out_of_memory` carries; none for any other error. What is not understood is left out. */
export function memoryProposals({ code, params }: ErrorBody): readonly MemoryProposal[] {
  if (code !== 'train.out_of_memory') return [];
  return listOf(params['proposals']).flatMap((proposal) => {
    if (!isObject(proposal)) return [];
    const [setting, ...others] = listOf(proposal['settings']);
    if (!isObject(setting) || others.length > 0) return [];
    const field = FIELDS.find((one) => one === setting['field']);
    const { value } = setting;
    if (field === undefined || (typeof value !== 'number' && typeof value !== 'string')) return [];
    const { peakBytes } = proposal;
    return [{ field, value, peakBytes: typeof peakBytes === 'number' ? peakBytes : undefined }];
  });
}
