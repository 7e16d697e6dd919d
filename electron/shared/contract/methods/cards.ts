import { z } from 'zod';
import { CARD_DOMAINS } from '../../domain/card/card-record.ts';
import { HUBS } from '../../domain/hub-endpoints.ts';
import { method } from '../define.ts';
import { referenceSchema } from './common.ts';

const cardWishShape = {
  hub: z.enum(HUBS),
  language: z.enum(['zh', 'en']),
  domain: z.enum(CARD_DOMAINS).default('law'),
  /** Of the repository; without one the card says that none is chosen. */
  licence: z.string().trim().min(1).max(100).optional(),
};

export const CARD_METHODS = {
  /** The README that a run's adapter (final, or of checkpoint `step`), or a model made of a run, would have on a hub. */
  'cards.render': method({
    input: z.union([
      z.strictObject({ run: referenceSchema, step: z.int().min(1).optional(), ...cardWishShape }),
      z.strictObject({ model: referenceSchema, ...cardWishShape }),
    ]),
    output: z.object({
      readme: z.string(),
      /** With the words of `describeCardWarning`. */
      warnings: z.array(
        z.object({ code: z.string(), message: z.string(), action: z.string(), needsReason: z.boolean() }),
      ),
      /** What the privacy filter took out, by kind. */
      removed: z.record(z.string(), z.int()),
    }),
    errors: ['core.not_found', 'core.ambiguous', 'export.no_adapter', 'card.no_run'],
  }),
} as const;
