import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** Ten letters that stand for a template, in the alphabet of generated names. Not the real controllers' function: only the form is theirs. */
export function templateHash(template: unknown): string {
  const digest = createHash('sha256')
    .update(canonicalize(template) ?? '')
    .digest();
  return [...digest.subarray(0, 10)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}
