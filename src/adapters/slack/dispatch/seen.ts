/** Remembers keys, the newest few thousand. */
export interface Seen {
  /** Whether this key comes for the first time; remembers it. */
  first(key: string): boolean;
}

const MOST = 5000;

/** Makes an empty memory. */
export function createSeen(): Seen {
  const keys = new Set<string>();
  return {
    first(key) {
      if (keys.has(key)) return false;
      keys.add(key);
      if (keys.size > MOST) for (const oldest of keys) return keys.delete(oldest);
      return true;
    },
  };
}
