import { z } from 'zod';

import { thinkingModeSchema } from './recipe.ts';

/** What a model folder's own chat template is. It is rendered in a sandboxed process only. */
export const templateInspectionParams = z.strictObject({
  folder: z.string().min(1).meta({ description: 'Model folder, absolute; only read.' }),
});

/** A stretch of a rendered chat: one control token by name, or plain text. */
const segmentSchema = z.strictObject({ text: z.string(), isSpecial: z.boolean(), isAnswer: z.boolean() });

/** `result` of an inspection. */
export const templateInspectionSchema = z.strictObject({
  /**
   * `family`: it writes what one of the studio's writes. `own`: another, read off with its mask. `refused`: by
   * `error`. `absent`: the folder has none; `template` is then what its control tokens say.
   */
  verdict: z.enum(['family', 'own', 'refused', 'absent']),
  /** Of a family: what a recipe calls it. */
  template: z.string().nullable(),
  /** In which it stands, and the names of templates beside it that are not used. */
  file: z.string().nullable(),
  others: z.array(z.string()),
  /** The Jinja text, its first part where it is very long. */
  text: z.string().nullable(),
  textCharacters: z.int().min(0),
  /** A chat as training renders it, `isAnswer` being what is learned; null where it is refused. */
  sample: z.array(segmentSchema).nullable(),
  stop: z.array(z.string()),
  ownThinking: thinkingModeSchema.nullable(),
  /** How thoughts are written; null where it has no way of its own. `dropsPast`: those of past turns are left out. */
  thought: z.strictObject({ opening: z.string(), closing: z.string(), dropsPast: z.boolean() }).nullable(),
  error: z
    .strictObject({
      code: z.string(),
      params: z.record(z.string(), z.unknown()),
      detail: z.string().nullable(),
    })
    .nullable(),
});

export type TemplateInspection = z.output<typeof templateInspectionSchema>;
