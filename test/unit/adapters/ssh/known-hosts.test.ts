import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { includesKey, knownHost } from '../../../../src/adapters/ssh/known-hosts.ts';

function keyOf(fill: number): { readonly line: string; readonly data: Buffer } {
  const type = Buffer.from('ssh-ed25519');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(type.length);
  const data = Buffer.concat([size, type, Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, fill)]);
  return { line: `ssh-ed25519 ${data.toString('base64')}`, data };
}

const ONE = keyOf(1);
const TWO = keyOf(2);

function hashed(name: string): string {
  const salt = Buffer.from('a salt of 20 bytes..');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

test.each([
  ['the address', '10.0.0.1', 22, `10.0.0.1 ${ONE.line}`, true],
  ['another address', '10.0.0.2', 22, `10.0.0.1 ${ONE.line}`, false],
  ['one of several', '10.0.0.1', 22, `etcd-1,10.0.0.1 ${ONE.line} a remark`, true],
  ['in other letters', 'ETCD-1', 22, `etcd-1 ${ONE.line}`, true],
  ['another port is another name', '10.0.0.1', 2222, `10.0.0.1 ${ONE.line}`, false],
  ['with its port', '10.0.0.1', 2222, `[10.0.0.1]:2222 ${ONE.line}`, true],
  ['an address of version 6', 'fd00::1', 22, `fd00::1 ${ONE.line}`, true],
  ['one with a port', 'fd00::1', 2222, `[fd00::1]:2222 ${ONE.line}`, true],
  ['a pattern', 'etcd-1.example', 22, `*.example ${ONE.line}`, true],
  ['a pattern with a port', '10.0.0.1', 2222, `[10.0.0.?]:2222 ${ONE.line}`, true],
  ['a dot is a dot', '10x0.0.1', 22, `10.0.0.1 ${ONE.line}`, false],
  ['excepted', 'bad.example', 22, `*.example,!bad.example ${ONE.line}`, false],
  ['hashed', '10.0.0.1', 22, `${hashed('10.0.0.1')} ${ONE.line}`, true],
  ['hashed, another', '10.0.0.2', 22, `${hashed('10.0.0.1')} ${ONE.line}`, false],
  ['hashed with its port', '10.0.0.1', 2222, `${hashed('[10.0.0.1]:2222')} ${ONE.line}`, true],
  ['a remark', '10.0.0.1', 22, `#10.0.0.1 ${ONE.line}`, false],
  ['a key of another type than it says', '10.0.0.1', 22, `10.0.0.1 ssh-rsa ${ONE.line.split(' ')[1]}`, false],
  ['a line that is cut', '10.0.0.1', 22, '10.0.0.1 ssh-ed25519', false],
  ['an authority of certificates pins nothing', '10.0.0.1', 22, `@cert-authority 10.0.0.1 ${ONE.line}`, false],
])('%s', (_name, host, port, line, expected) => {
  const known = knownHost(`\n${line}\r\n`, host, port);

  expect(includesKey(known.keys, ONE.data)).toBe(expected);
  expect(includesKey(known.keys, TWO.data)).toBe(false);
});

test('keys of several lines count together, revoked ones apart', () => {
  const known = knownHost(`10.0.0.1 ${ONE.line}\n@revoked * ${TWO.line}\n10.0.0.1 ${TWO.line}\n`, '10.0.0.1', 22);

  expect(known.keys.map(({ data }) => data)).toEqual([ONE.data, TWO.data]);
  expect(known.revoked.map(({ data }) => data)).toEqual([TWO.data]);
});
