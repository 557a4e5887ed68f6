const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const CHECKSUM_CHARACTERS = 6;
/** X25519, X25519 with ML-KEM, and the same two for keys in hardware. */
const KINDS: ReadonlySet<string> = new Set(['age', 'age1pq', 'age1tag', 'age1tagpq']);
/** An X25519 key: `age1`, 32 bytes in characters of five bits, checksum. */
const X25519_CHARACTERS = 62;

/** Whether a text is, or begins like, a private key of age. */
export function isAgeSecret(text: string): boolean {
  return /AGE-SECRET-KEY-/i.test(text);
}

/** What is wrong with a public key of age, in words that do not repeat it; `null`: nothing. Its checksum tells a slip of the pen. */
export function recipientProblem(text: string): string | null {
  if (isAgeSecret(text))
    return 'this is a private key: whoever reads this file could open the backups. Take a new one, keep it in a file, name that in identityFile, and put its public key (age1…) here';
  const end = text.lastIndexOf('1');
  const kind = text.slice(0, Math.max(end, 0));
  if (!KINDS.has(kind)) return 'expected a public key of age, age1…, as age-keygen shows it';
  const values = Array.from(text.slice(end + 1), (each) => ALPHABET.indexOf(each));
  const whole = values.length > CHECKSUM_CHARACTERS && (kind !== 'age' || text.length === X25519_CHARACTERS);
  if (whole && !values.includes(-1) && polymod([...spread(kind), ...values]) === 1) return null;
  return 'a character of this public key is missing, added or changed; copy it again';
}

function spread(kind: string): readonly number[] {
  const codes = Array.from(kind, (each) => each.codePointAt(0) ?? 0);
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

/** The remainder that has to be 1. Source: BIP 173 (bech32), which age uses without its limit on the length. */
function polymod(values: readonly number[]): number {
  let rest = 1;
  for (const value of values) {
    const top = rest >>> 25;
    rest = ((rest & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATORS.entries()) if (((top >> bit) & 1) === 1) rest ^= generator;
  }
  return rest;
}
