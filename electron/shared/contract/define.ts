import type { z } from 'zod';
import type { ErrorCode } from './errors/index.ts';

/** One route: what goes in, what comes out, and the codes it may fail with besides the common ones. */
export interface MethodDefinition<
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
  Codes extends readonly ErrorCode[] = readonly ErrorCode[],
> {
  readonly input: Input;
  readonly output: Output;
  readonly errors: Codes;
}

export type Contract = Readonly<Record<string, MethodDefinition>>;

/** What a caller passes (defaults may be left out). */
export type CallInput<M extends MethodDefinition> = z.input<M['input']>;
/** What a handler receives (parsed, defaults filled in). */
export type HandlerInput<M extends MethodDefinition> = z.output<M['input']>;
export type MethodOutput<M extends MethodDefinition> = z.output<M['output']>;

export type HandlersFor<C extends Contract> = {
  readonly [Name in keyof C]: (
    input: HandlerInput<C[Name]>,
  ) => MethodOutput<C[Name]> | Promise<MethodOutput<C[Name]>>;
};

/** Every method of a contract as an async call; the shape a client offers. */
export type CallerFor<C extends Contract> = <Name extends keyof C & string>(
  name: Name,
  input: CallInput<C[Name]>,
) => Promise<MethodOutput<C[Name]>>;

export function method<
  const Input extends z.ZodType,
  const Output extends z.ZodType,
  const Codes extends readonly ErrorCode[],
>(definition: MethodDefinition<Input, Output, Codes>): MethodDefinition<Input, Output, Codes> {
  return definition;
}

/**
 * Checks a handler object against a contract at compile time. A missing handler fails the constraint;
 * an extra one, which structural typing would let pass, is mapped to `never`.
 */
export function handlersFor<C extends Contract>(
  contract: C,
): <H extends HandlersFor<C>>(handlers: H & Record<Exclude<keyof H, keyof C>, never>) => HandlersFor<C> {
  const names = Object.keys(contract);
  return (handlers) => {
    const picked: Record<string, unknown> = {};
    for (const name of names) picked[name] = (handlers as Record<string, unknown>)[name];
    return picked as HandlersFor<C>;
  };
}
