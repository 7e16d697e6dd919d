import { z } from 'zod';
import { redactValue } from '../domain/redact.ts';

/** Params fill the `{name}` placeholders of an error text; nested values serve machine readers only. */
export type ErrorParams = Readonly<Record<string, unknown>>;

/** How an error crosses every boundary: process, socket, file. `detail` is raw and never translated. */
export const errorBodySchema = z.object({
  code: z.string().regex(/^[a-z][a-z_]*(\.[a-z0-9_]+)+$/u),
  params: z.record(z.string(), z.unknown()).default({}),
  detail: z.string().optional(),
});

export interface ErrorBody {
  readonly code: string;
  readonly params: ErrorParams;
  readonly detail?: string | undefined;
}

/** A failure with a code that has texts in every language. Anything else that is thrown is a defect. */
export class StudioError extends Error {
  readonly code: string;
  readonly params: ErrorParams;
  readonly detail: string | undefined;

  constructor(code: string, params: ErrorParams = {}, options: { detail?: string; cause?: unknown } = {}) {
    super(options.detail === undefined ? code : `${code}: ${options.detail}`, { cause: options.cause });
    this.name = 'StudioError';
    this.code = code;
    this.params = params;
    this.detail = options.detail;
  }
}

/**
 * Turns whatever was thrown into the body that crosses the wire; unknown failures become `core.internal`. An address
 * or a header that a failure quotes may hold a secret: it is taken out.
 */
export function toErrorBody(thrown: unknown): ErrorBody {
  return redactValue(bodyOf(thrown));
}

function bodyOf(thrown: unknown): ErrorBody {
  if (thrown instanceof StudioError) {
    return {
      code: thrown.code,
      params: thrown.params,
      ...(thrown.detail === undefined ? {} : { detail: thrown.detail }),
    };
  }
  const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { code: 'core.internal', params: {}, detail };
}

/** The inverse of {@link toErrorBody}, used by clients. */
export function fromErrorBody(body: ErrorBody): StudioError {
  return new StudioError(body.code, body.params, body.detail === undefined ? {} : { detail: body.detail });
}
