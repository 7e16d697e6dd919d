/** The words one error needs in one language; `{name}` placeholders are filled from the error's params. */
export type ErrorText = Readonly<{
  /** What happened, one sentence. */
  message: string;
  /** Why it happened, one short paragraph. */
  cause: string;
  /** What the person can do now, one sentence that starts with a verb. */
  action: string;
}>;

export type ErrorTexts = Readonly<{ en: ErrorText; zh: ErrorText }>;

/** Codes of one domain (`<domain>.<snake_case>`) with their texts in both languages. */
export type ErrorTable = Readonly<Record<string, ErrorTexts>>;
