import type { InputOf } from '../../api/hooks.ts';

/** What answers: a model of the library, or a run's base with or without its adapter. */
export type Answerer = Readonly<{ kind: 'model' | 'adapter' | 'base'; id: string }>;

export const keyOf = ({ kind, id }: Answerer): string => `${kind}:${id}`;

export function answererOf(key: string | null): Answerer | undefined {
  const [, kind, id] = /^(model|adapter|base):(.+)$/u.exec(key ?? '') ?? [];
  if (id === undefined) return undefined;
  return kind === 'model' || kind === 'adapter' || kind === 'base' ? { kind, id } : undefined;
}

/** Both columns as the address has them: `?model=` or `?run=` (`&weights=base`), then `&second=kind:id`. */
export function answerersIn(address: URLSearchParams): readonly (Answerer | undefined)[] {
  const model = address.get('model');
  const run = address.get('run');
  const runKind = address.get('weights') === 'base' ? 'base' : 'adapter';
  const ofRun = run === null ? undefined : ({ kind: runKind, id: run } as const);
  const first = model === null ? ofRun : ({ kind: 'model', id: model } as const);
  return address.has('second') ? [first, answererOf(address.get('second'))] : [first];
}

export function addressOf(answerers: readonly (Answerer | undefined)[]): URLSearchParams {
  const [first] = answerers;
  const address = new URLSearchParams();
  if (first?.kind === 'model') address.set('model', first.id);
  else if (first !== undefined) address.set('run', first.id);
  if (first?.kind === 'base') address.set('weights', 'base');
  if (answerers.length > 1) {
    const second = answerers[1];
    address.set('second', second === undefined ? '' : keyOf(second));
  }
  return address;
}

export const openInputOf = ({ kind, id }: Answerer): InputOf<'chat.open'> =>
  kind === 'model' ? { model: id } : { run: id };

export const targetOf = ({ kind }: Answerer): 'base' | 'adapter' => (kind === 'adapter' ? 'adapter' : 'base');
