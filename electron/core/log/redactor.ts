import type { Disposable } from '../../shared/contract/disposable.ts';
import { redact, redactValue } from '../../shared/domain/redact.ts';

/** Takes secrets out of everything that is logged or stored of a job. */
export type Redactor = Readonly<{
  text(text: string): string;
  value<Value>(value: Value): Value;
  /** Secrets that are out now, whatever their form; until disposed. */
  learn(secrets: Iterable<string>): Disposable;
}>;

export function createRedactor(): Redactor {
  const known = new Map<string, number>();
  const text = (dirty: string): string => redact(dirty, known.keys());
  return {
    text,
    value: (dirty) => redactValue(dirty, text),
    learn: (secrets) => {
      const learned = [...secrets];
      for (const secret of learned) known.set(secret, (known.get(secret) ?? 0) + 1);
      return {
        dispose: () => {
          for (const secret of learned.splice(0)) {
            const left = (known.get(secret) ?? 1) - 1;
            if (left === 0) known.delete(secret);
            else known.set(secret, left);
          }
        },
      };
    },
  };
}
