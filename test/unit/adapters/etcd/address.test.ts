import { assert, domain, ipV4, ipV6, nat, oneof, property } from 'fast-check';
import { expect, test } from 'vitest';
import { parseEtcdAddress } from '../../../../src/adapters/etcd/address.ts';
import { createDirectEtcd } from '../../../../src/adapters/etcd/direct.ts';

test.each([
  [
    'https://10.0.0.11:2379',
    { url: 'https://10.0.0.11:2379', secure: true, host: '10.0.0.11', target: '10.0.0.11:2379' },
  ],
  ['HTTPS://Etcd-1.Example:2379/', { url: 'https://etcd-1.example:2379', host: 'etcd-1.example' }],
  ['http://localhost', { url: 'http://localhost:80', secure: false, port: 80 }],
  ['https://etcd-1', { url: 'https://etcd-1:443', port: 443 }],
  ['https://[fd00::1]:2379', { url: 'https://[fd00::1]:2379', host: 'fd00::1', target: '[fd00::1]:2379' }],
])('%s', (text, expected) => {
  expect(parseEtcdAddress(text)).toMatchObject(expected);
});

test.each(['', 'etcd-1:2379', '10.0.0.11:2379', 'unix:///run/etcd.sock', 'https://', 'ftp://etcd-1:2379'])(
  '%j is no address of etcd, and no endpoint',
  (text) => {
    expect(parseEtcdAddress(text)).toBeNull();
    expect(() => createDirectEtcd({ endpoints: [text] })).toThrow(TypeError);
  },
);

test('with certificates, an endpoint in the clear is refused', () => {
  const empty = Buffer.alloc(0);

  expect(() =>
    createDirectEtcd({ endpoints: ['http://etcd-1:2379'], tls: { ca: empty, cert: empty, key: empty } }),
  ).toThrow('must be https: http://etcd-1:2379');
});

test('every host and port is found again, and an address is its own address', () => {
  const host = oneof(
    domain(),
    ipV4(),
    ipV6().map((ip) => `[${ip}]`),
  );
  assert(
    property(host, nat(65_535), (name, port) => {
      const address = parseEtcdAddress(`https://${name}:${port}`);
      expect(address?.port).toBe(port);
      expect(parseEtcdAddress(address?.url ?? '')).toEqual(address);
    }),
  );
});
