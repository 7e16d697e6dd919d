import { z } from 'zod';

/** A person's reference to a record: its id, the start of its id (six characters or more), or its exact name. */
export const referenceSchema = z.string().min(1).max(200);

export const timeMsSchema = z.int().nonnegative();

export const pageInputShape = {
  offset: z.int().nonnegative().default(0),
  limit: z.int().min(1).max(500).default(50),
} as const;

/** A page of rows with the count of all rows that match. */
export const pageOf = <T extends z.ZodType>(
  item: T,
): z.ZodObject<{ total: z.ZodInt; items: z.ZodArray<T> }> =>
  z.object({ total: z.int(), items: z.array(item) });

export const errorSummarySchema = z.object({
  code: z.string(),
  params: z.record(z.string(), z.unknown()),
  detail: z.string().optional(),
});

export const emptySchema = z.object({});
