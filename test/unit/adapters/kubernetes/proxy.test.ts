import { expect, test } from 'vitest';
import { proxyFor } from '../../../../src/adapters/kubernetes/proxy.ts';

const PROXIES = { HTTPS_PROXY: 'http://secure:3128', HTTP_PROXY: 'plain:3128' };

test.each([
  ['https://api.example.com:6443', 'http://secure:3128'],
  ['http://api.example.com', 'http://plain:3128'],
  ['https://localhost:6443', null],
  ['https://127.0.0.1:6443', null],
  ['https://[::1]:6443', null],
])('without exemptions %s goes through %s', (server, proxy) => {
  expect(proxyFor(new URL(server), null, PROXIES)).toBe(proxy);
});

test.each([
  ['example.com', true],
  ['.example.com', true],
  ['*.example.com', true],
  ['*', true],
  ['api.example.com', true],
  ['api.example.com:6443', true],
  ['api.example.com:443', false],
  ['other.com, EXAMPLE.com', true],
  ['ample.com', false],
  ['.api.example.com', false],
  ['', false],
])('NO_PROXY %j exempts api.example.com:6443: %s', (list, exempt) => {
  const proxy = proxyFor(new URL('https://api.example.com:6443'), null, { ...PROXIES, NO_PROXY: list });

  expect(proxy).toBe(exempt ? null : 'http://secure:3128');
});

test.each([
  ['10.96.0.0/12', true],
  ['10.96.0.1', true],
  ['10.96.0.2', false],
  ['10.112.0.0/12', false],
  ['10.96.0.0/99', false],
  ['fd00::/8', false],
])('no_proxy %j exempts 10.96.0.1: %s', (list, exempt) => {
  const proxy = proxyFor(new URL('https://10.96.0.1'), null, { https_proxy: 'http://p', no_proxy: list });

  expect(proxy).toBe(exempt ? null : 'http://p');
});

test('ranges of IPv6', () => {
  expect(proxyFor(new URL('https://[fd00::1]:6443'), null, { ...PROXIES, NO_PROXY: 'fd00::/8' })).toBeNull();
});

test('the proxy of the kubeconfig goes before the environment and its exemptions', () => {
  expect(proxyFor(new URL('https://127.0.0.1'), 'socks5://own', { ...PROXIES, NO_PROXY: '*' })).toBe('socks5://own');
});
