import { describe, expect, test } from 'vitest';
import { recipientProblem } from '../../../src/config/age-recipient.ts';

/** Keys of age's own documentation and of `age-keygen`; nobody has their private halves any more. */
const KEYS = [
  'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
  'age1qrpuuhc9vt3gd4fslx0g6nr2p4r54q7evww8t87xmx5wphm42g0qp567hq',
] as const;
const CHARACTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

describe('a public key of age', () => {
  test.each(KEYS)('%s is one', (key) => {
    expect(recipientProblem(key)).toBeNull();
  });

  test('with any one character changed, left out or doubled is none', () => {
    const [key] = KEYS;
    const places = Array.from({ length: key.length - 4 }, (_, index) => index + 4);
    const slips = places.flatMap((at) => {
      const [before, after] = [key.slice(0, at), key.slice(at + 1)];
      const others = Array.from(CHARACTERS).filter((each) => each !== key.charAt(at));
      return ['', key.charAt(at).repeat(2)].concat(others).map((each) => before + each + after);
    });

    expect(slips).toHaveLength(58 * 33);
    expect(slips.filter((slip) => recipientProblem(slip) === null)).toEqual([]);
  });

  test.each([
    '',
    'age1',
    'age',
    '1',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI',
    'AGE1QL3Z7HJY54PW3HYWW5AYYFG7ZQGVC7W3J2',
    'age1yubikey1q',
  ])('%j is none', (text) => {
    expect(recipientProblem(text)).toMatch(/public key/);
  });

  test.each(['AGE-SECRET-KEY-1QQQQQQ', 'age-secret-key-1qqqqqq', ' AGE-SECRET-KEY-PQ-1QQQQQQ'])(
    '%j is a private key, and not repeated',
    (text) => {
      expect(recipientProblem(text)).toMatch(/^this is a private key/);
      expect(recipientProblem(text)).not.toMatch(/qqqqqq/i);
    },
  );
});
