import { expect, test } from 'vitest';
import { noProxyForNode } from '../../../../src/adapters/object-store/no-proxy.ts';

test.each([
  ['', ''],
  [' , ,', ''],
  ['*', '*'],
  ['localhost', 'localhost,.localhost'],
  ['example.com, .svc,*.internal', 'example.com,.example.com,.svc,*.internal'],
  ['s3.example.com:9000', 's3.example.com:9000'],
  ['10.0.0.1', '10.0.0.1'],
  ['10.128.0.0/14', '10.128.0.0-10.131.255.255'],
  ['172.30.7.9/16', '172.30.0.0-172.30.255.255'],
  ['192.168.1.7/32', '192.168.1.7-192.168.1.7'],
  ['0.0.0.0/0', '0.0.0.0-255.255.255.255'],
  ['10.0.0.0/33,fd00::/8,::1', '10.0.0.0/33,fd00::/8,::1'],
  ['10.0.0.1-10.0.0.9', '10.0.0.1-10.0.0.9'],
])('%j is %j for Node', (list, words) => {
  expect(noProxyForNode(list)).toBe(words);
});
