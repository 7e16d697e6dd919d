/** One place in the sources where a protection is taken out. The text must stand there exactly once. */
export type Edit = Readonly<{ file: string; text: string; replacement: string }>;

/** A protection, how it is taken out, and the test that must fail then. */
export type Mutation = Readonly<{
  protection: string;
  edits: readonly Edit[];
  /** Test file, and a part of the test's name. */
  test: string;
  name: string;
  /**
   * How the test sees that the protection is gone: by an assertion, or because something that should end waits for
   * ever. Anything else (an app that does not start, a text that is no program) is no proof.
   */
  fails: 'assertion' | 'time limit';
}>;

/** Mutations that one test file sees. */
export const seenBy =
  (test: string) =>
  (
    protection: string,
    name: string,
    edits: Edit | readonly Edit[],
    fails: Mutation['fails'] = 'assertion',
  ): Mutation => ({ protection, test, name, edits: [edits].flat(), fails });

export const edit = (file: string, text: string, replacement = ''): Edit => ({ file, text, replacement });
