import { StudioError } from '../../../shared/contract/studio-error.ts';
import type { ReferenceFinder } from './find-by-reference.ts';

export type RecordKind = 'run' | 'dataset' | 'model' | 'job' | 'checkpoint' | 'account' | 'release';

const KIND_NAMES: Readonly<Record<RecordKind, { kind: string; kindZh: string }>> = {
  run: { kind: 'run', kindZh: '训练' },
  dataset: { kind: 'dataset', kindZh: '数据集' },
  model: { kind: 'model', kindZh: '模型' },
  job: { kind: 'job', kindZh: '任务' },
  checkpoint: { kind: 'checkpoint', kindZh: '检查点' },
  account: { kind: 'account', kindZh: '账号' },
  release: { kind: 'release', kindZh: '发布' },
};

export function notFound(kind: RecordKind, reference: string): StudioError {
  return new StudioError('core.not_found', { ...KIND_NAMES[kind], reference });
}

/** The one record that a person's reference means. Throws `core.not_found` or `core.ambiguous`. */
export function requireOne<Row extends { readonly id: string }>(
  kind: RecordKind,
  find: ReferenceFinder<Row>,
  reference: string,
): Row {
  const [first, ...others] = find(reference);
  if (first === undefined) throw notFound(kind, reference);
  if (others.length > 0) {
    const matches = [first, ...others].map((row) => row.id);
    throw new StudioError('core.ambiguous', { ...KIND_NAMES[kind], reference, matches });
  }
  return first;
}
