/** Where the seam writes what no person has to act on; a pino logger fits. */
export type JobLog = Readonly<{
  warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  error: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}>;
