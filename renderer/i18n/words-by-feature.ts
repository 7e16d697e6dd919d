type Texts = Readonly<Record<string, unknown>>;

/** The texts of `./<language>/<feature>.json` by the feature's name. */
export const wordsByFeature = (files: Readonly<Record<string, unknown>>): Readonly<Record<string, Texts>> =>
  Object.fromEntries(
    Object.entries(files).map(([file, texts]) => [
      file.slice(file.lastIndexOf('/') + 1, -'.json'.length),
      texts as Texts,
    ]),
  );
