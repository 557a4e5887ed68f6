import { randomInt } from 'node:crypto';
import type { Ids } from '../../core/ports/runtime.ts';

/** Digits and letters that cannot be mistaken for each other when read aloud or copied from a screen. */
const ALPHABET = '23456789abcdefghjkmnpqrstvwxyz';

/** Four random characters: 30⁴ names, about 810,000. The store refuses a name that is taken. */
export const randomIds: Ids = Object.freeze({
  suffix: () => Array.from({ length: 4 }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join(''),
});
