/** What the library holds: a whole model, the trained difference to one, one with it merged in, a GGUF file. */
export const MODEL_KINDS = ['base', 'adapter', 'merged', 'gguf'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

/** Kinds that a run can be trained on, where nothing else speaks against it. */
export const TRAINABLE_KINDS: readonly ModelKind[] = ['base', 'merged'];

/** Whether a record can be trained on or asked now. */
export const isUsable = (
  record: Readonly<{ state: string; facts?: Readonly<{ supported: boolean }> | undefined }>,
): boolean => record.state === 'ready' && record.facts?.supported !== false;
