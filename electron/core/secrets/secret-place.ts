/** One place that keeps secrets by the id of their account. Everything may throw `secrets.*`. */
export type SecretPlace = Readonly<{
  /** Ids of what is kept; undefined while that cannot be known (a locked vault). */
  ids(): readonly string[] | undefined;
  get(id: string): Promise<string | undefined>;
  put(id: string, secret: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Gives up everything, read or not. */
  discard(): void;
}>;

/** Memory of this process: gone with it. */
export function createSessionPlace(): SecretPlace {
  const kept = new Map<string, string>();
  return {
    ids: () => [...kept.keys()],
    get: (id) => Promise.resolve(kept.get(id)),
    put: (id, secret) => {
      kept.set(id, secret);
      return Promise.resolve();
    },
    remove: (id) => {
      kept.delete(id);
      return Promise.resolve();
    },
    discard: () => kept.clear(),
  };
}
