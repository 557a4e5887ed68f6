import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Json } from '../../core/json.ts';
import type { Digest } from '../../core/ports/runtime.ts';

/**
 * SHA-256 (lower-case hex) over canonical JSON (RFC 8785): the same for equal values, whatever the order of members.
 *
 * @throws Error for what RFC 8785 refuses: `NaN`, infinities, half of a surrogate pair.
 */
export const canonicalDigest: Digest = Object.freeze({
  of: (value: Json) => createHash('sha256').update(canonicalText(value), 'utf8').digest('hex'),
  text: canonicalText,
});

function canonicalText(value: Json): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('only JSON can be hashed');
  return text;
}
