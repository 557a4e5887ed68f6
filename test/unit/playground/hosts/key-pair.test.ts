import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { makeKeyPair } from '../../../../playground/hosts/key-pair.ts';

test('a key that cannot be read is left, and another one is made', () => {
  const good = makeKeyPair();
  const made = [{ private: good.private.replace('b3BlbnNzaC1rZXktdjE', 'b3BlbnNzaC1rZXktdjI'), public: '' }, good];

  expect(makeKeyPair(() => made.shift() ?? good)).toBe(good);
  expect(made).toEqual([]);
  expect(ssh2.utils.parseKey(good.private)).not.toBeInstanceOf(Error);
});
