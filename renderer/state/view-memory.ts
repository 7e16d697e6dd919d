import { useState } from 'react';

const KEY = 'legal-eagle.view.';

/** State of a view (sort, filter, column widths, open tab) that a person finds again after going away. */
export function useViewMemory<T>(name: string, initial: T): readonly [T, (next: T) => void] {
  const [value, setValue] = useState<T>(() => {
    try {
      const stored = window.sessionStorage.getItem(KEY + name);
      return stored === null ? initial : (JSON.parse(stored) as T);
    } catch {
      return initial;
    }
  });
  const set = (next: T): void => {
    setValue(next);
    window.sessionStorage.setItem(KEY + name, JSON.stringify(next));
  };
  return [value, set];
}
