import { useState } from 'react';

/** Where a value is kept: for this tab, or for this browser. */
export type Keep = 'tab' | 'browser';

/** A state that outlives a reload; `read` judges what is kept, and answers the default for anything strange. */
export function useRemembered<T>(
  keep: Keep,
  name: string,
  read: (kept: string | null) => T,
  write: (value: T) => string,
) {
  const store = keep === 'tab' ? sessionStorage : localStorage;
  const [value, setValue] = useState(() => read(store.getItem(name)));
  function change(next: T): void {
    store.setItem(name, write(next));
    setValue(next);
  }
  return [value, change] as const;
}
