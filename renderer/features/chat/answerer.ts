import type { InputOf } from '../../api/hooks.ts';

/**
 * What answers: a model of the library, a run's base with or without its adapter (of checkpoint `step`), or the model
 * that a run of full fine-tuning has trained as a whole (`tuned`).
 */
export type Answerer = Readonly<{ kind: 'model' | 'adapter' | 'base' | 'tuned'; id: string; step?: number }>;

const stepped = ({ id, step }: Answerer): string => (step === undefined ? id : `${id}@${step}`);

export const keyOf = (answerer: Answerer): string => `${answerer.kind}:${stepped(answerer)}`;

/** Two answerers with the same key are answered by the same loaded weights. */
export const weightsKeyOf = (answerer: Answerer): string =>
  `${answerer.kind === 'model' || answerer.kind === 'tuned' ? answerer.kind : 'run'}:${stepped(answerer)}`;

export function answererOf(key: string | null): Answerer | undefined {
  const [, kind, id, step] = /^(model|adapter|base|tuned):([^@]+)(?:@([1-9]\d*))?$/u.exec(key ?? '') ?? [];
  if (id === undefined || !isKind(kind)) return undefined;
  return { kind, id, ...(step === undefined ? {} : { step: Number(step) }) };
}

const isKind = (text: string | undefined): text is Answerer['kind'] =>
  text === 'model' || text === 'adapter' || text === 'base' || text === 'tuned';

/** Both columns as the address has them: `?model=` or `?run=` (`&weights=base|tuned&step=`), then `&second=kind:id`. */
export function answerersIn(address: URLSearchParams): readonly (Answerer | undefined)[] {
  const model = address.get('model');
  const run = address.get('run');
  const weights = address.get('weights');
  const runKind = weights === 'base' || weights === 'tuned' ? weights : 'adapter';
  const step = Number(address.get('step') ?? '');
  const ofRun =
    run === null
      ? undefined
      : ({ kind: runKind, id: run, ...(step >= 1 ? { step } : {}) } satisfies Answerer);
  const first = model === null ? ofRun : ({ kind: 'model', id: model } as const);
  return address.has('second') ? [first, answererOf(address.get('second'))] : [first];
}

export function addressOf(answerers: readonly (Answerer | undefined)[]): URLSearchParams {
  const [first] = answerers;
  const address = new URLSearchParams();
  if (first?.kind === 'model') address.set('model', first.id);
  else if (first !== undefined) address.set('run', first.id);
  if (first?.kind === 'base' || first?.kind === 'tuned') address.set('weights', first.kind);
  if (first?.step !== undefined) address.set('step', String(first.step));
  if (answerers.length > 1) {
    const second = answerers[1];
    address.set('second', second === undefined ? '' : keyOf(second));
  }
  return address;
}

export const openInputOf = ({ kind, id, step }: Answerer): InputOf<'chat.open'> =>
  kind === 'model'
    ? { model: id }
    : {
        run: id,
        ...(step === undefined ? {} : { step }),
        // A run that has no adapter yet can still show what its base says.
        ...(kind === 'base' ? { weights: 'base' as const } : {}),
      };

export const targetOf = ({ kind }: Answerer): 'base' | 'adapter' => (kind === 'adapter' ? 'adapter' : 'base');
