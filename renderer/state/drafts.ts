import { create } from 'zustand';
import { persist } from 'zustand/middleware';

type Drafts = Readonly<{
  drafts: Readonly<Record<string, unknown>>;
  save: (name: string, value: unknown) => void;
  discard: (name: string) => void;
}>;

const useDrafts = create<Drafts>()(
  persist(
    (set) => ({
      drafts: {},
      save: (name, value) => set(({ drafts }) => ({ drafts: { ...drafts, [name]: value } })),
      discard: (name) =>
        set(({ drafts }) => ({
          drafts: Object.fromEntries(Object.entries(drafts).filter(([key]) => key !== name)),
        })),
    }),
    { name: 'legal-eagle.drafts', version: 1 },
  ),
);

export type Draft = Readonly<{
  /** What was typed here before, of unknown shape: an older version may have saved it. Parse it. */
  value: unknown;
  save: (value: unknown) => void;
  discard: () => void;
}>;

/** A form's unsent content; it survives a reload and a closed tab. */
export function useDraft(name: string): Draft {
  const value = useDrafts((state) => state.drafts[name]);
  const save = useDrafts((state) => state.save);
  const discard = useDrafts((state) => state.discard);
  return { value, save: (next) => save(name, next), discard: () => discard(name) };
}

/** Puts a draft in place before its form is opened (clone a run, start the demo). */
export const putDraft = (name: string, value: unknown): void => useDrafts.getState().save(name, value);

/** A form's unsent content without following it; see {@link Draft.value}. */
export const peekDraft = (name: string): unknown => useDrafts.getState().drafts[name];
