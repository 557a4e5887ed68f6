const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const ORDER = ['d', 'h', 'm', 's', 'ms'] as const;
/** Ten years: longer is a slip of the keyboard. */
const MAX_MS = 3650 * 86_400_000;

/**
 * Milliseconds of a duration as people write it: `60s`, `5m`, `1h30m`, `2d`, `500ms`, `1.5h`. Units go from large to
 * small, each at most once. `null`: it is no duration, or longer than ten years.
 */
export function parseDuration(text: string): number | null {
  const compact = text.trim().toLowerCase();
  if (compact === '') return null;
  let total = 0;
  let position = 0;
  let rank = -1;
  PART.lastIndex = 0;
  while (position < compact.length) {
    PART.lastIndex = position;
    const match = PART.exec(compact);
    const unit = ORDER.findIndex((each) => each === match?.[2]);
    if (match === null || unit <= rank) return null;
    rank = unit;
    total += Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0);
    position = PART.lastIndex;
  }
  return total <= MAX_MS ? Math.round(total) : null;
}

/** A duration as {@link parseDuration} reads it, without loss: `1h30m`, `500ms`; 0 gives `0s`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  const parts: string[] = [];
  for (const unit of ORDER) {
    const size = UNITS[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.length === 0 ? '0s' : parts.join('');
}
