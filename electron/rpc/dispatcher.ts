import type { z } from 'zod';
import type { Contract, HandlersFor } from '../shared/contract/define.ts';
import { StudioError } from '../shared/contract/studio-error.ts';

export type Dispatcher = {
  /** Parses `params`, runs the method and resolves to its output; rejects with a StudioError or a defect. */
  call(method: string, params: unknown): Promise<unknown>;
};

type FieldIssue = { readonly path: string; readonly message: string };

const fieldIssues = (error: z.ZodError): readonly FieldIssue[] =>
  error.issues.map((issue) => ({
    path: issue.path.length === 0 ? '(input)' : issue.path.map(String).join('.'),
    message: issue.message,
  }));

/**
 * Runs handlers behind their contract. With `checkOutputs` (tests) an output that breaks its schema is a
 * defect; in production only inputs are parsed, since outputs come from our own typed code.
 */
export function createDispatcher<C extends Contract>(
  contract: C,
  handlers: HandlersFor<C>,
  options: { readonly checkOutputs?: boolean } = {},
): Dispatcher {
  return {
    async call(name, params) {
      const definition = Object.hasOwn(contract, name) ? contract[name] : undefined;
      if (definition === undefined) throw new StudioError('core.unknown_method', { method: name });
      const parsed = definition.input.safeParse(params ?? {});
      if (!parsed.success) {
        const issues = fieldIssues(parsed.error);
        const summary = issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ');
        throw new StudioError('core.invalid_input', { method: name, issues, summary });
      }
      const handler = handlers[name] as (input: unknown) => unknown;
      const output = await handler(parsed.data);
      return options.checkOutputs === true ? definition.output.parse(output) : output;
    },
  };
}
