import type { VaultFacts } from '../ports/backup-vault.ts';

/**
 * Why static files would lie beside the data that their keys open, without a period; `null`: whoever has the one has not the other. They are apart in
 * another bucket, in a folder neither of which is in the other, or encrypted for people none of whom can open the snapshot.
 */
export function whyTogether({ place, snapshot, static: beside }: VaultFacts): string | null {
  if (!isWithin(place, beside.place) && !isWithin(beside.place, place)) return null;
  if (beside.recipients.length > 0 && !beside.recipients.some((each) => snapshot.recipients.includes(each)))
    return null;
  const how = beside.recipients.length === 0 ? 'without encryption' : 'for a recipient of the snapshot';
  return `static files would be stored ${how}, and in the same place`;
}

/** Prefixes do not part a bucket: rights on it are given as a whole. */
function isWithin(place: string, other: string): boolean {
  return beginningOf(place).startsWith(beginningOf(other));
}

function beginningOf(place: string): string {
  const [bucket] = /^s3:\/\/[^/]*/.exec(place) ?? [];
  return `${(bucket ?? place).replace(/\/+$/, '')}/`;
}
