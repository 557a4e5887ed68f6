import { expect, test } from 'vitest';
import { fileType } from '../../../../playground/page/audience.ts';
import { isOwnHost, refuseRequest, SECURITY_HEADERS } from '../../../../playground/page/guard.ts';
import { browserCommand } from '../../../../playground/page/open-browser.ts';
import { resolveNames } from '../../../../playground/page/write.ts';
import { createState } from '../../../../playground/workspace/state.ts';

const PORT = 4000;
const GET = { method: 'GET', host: '127.0.0.1:4000', origin: undefined, site: 'same-origin', contentType: undefined };
const POST = { ...GET, method: 'POST', origin: 'http://127.0.0.1:4000', contentType: 'application/json' };

test.each([
  ['a read', GET],
  ['a read by name', { ...GET, host: 'localhost:4000' }],
  ['a read without a browser', { ...GET, site: undefined }],
  ['an act', POST],
])('%s of the page itself is served', (_name, facts) => {
  expect(refuseRequest(facts, PORT)).toBeUndefined();
});

test.each([
  ['a name that was led here', { ...GET, host: 'evil.test:4000' }],
  ['a name that begins like ours', { ...GET, host: '127.0.0.1:4000.evil.test' }],
  ['another port', { ...GET, host: '127.0.0.1:4001' }],
  ['no host', { ...GET, host: undefined }],
  ['another site', { ...GET, site: 'cross-site' }],
  ['another port of this machine', { ...GET, site: 'same-site' }],
  ['an act from another origin', { ...POST, origin: 'http://evil.test', site: undefined }],
  ['an act from a sandbox', { ...POST, origin: 'null' }],
  ['an act without an origin', { ...POST, origin: undefined }],
  ['a form', { ...POST, contentType: 'text/plain' }],
  ['another method', { ...POST, method: 'PUT' }],
])('%s is refused', (_name, facts) => {
  expect(refuseRequest(facts, PORT)).toMatch(/\w/);
});

test('the policy lets nothing run that is not a file of this server', () => {
  const policy = SECURITY_HEADERS['content-security-policy'];

  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(isOwnHost('[::1]:4000', PORT)).toBe(false);
});

test('no file is served as a page or a drawing that could run', () => {
  for (const name of ['a.html', 'a.svg', 'a.xml', 'A.HTML']) expect(fileType(name).contentType).toMatch(/^text\/plain/);
  expect(fileType('a.png')).toEqual({ kind: 'image', contentType: 'image/png' });
  expect(fileType('archive')).toEqual({ kind: 'other', contentType: 'application/octet-stream' });
});

test('names that were typed become references; unknown ones and parts of words stay', () => {
  const state = createState(() => 0);

  expect(resolveNames('@operator in #ops, @nobody, a@operator', state)).toBe(
    '<@U0OPERATOR> in <#C0OPS>, @nobody, a@operator',
  );
});

test('a browser is asked for only where a person can see it', () => {
  expect(browserCommand({ BROWSER: 'firefox' }, 'linux')).toEqual(['firefox']);
  expect(browserCommand({}, 'darwin')).toEqual(['open']);
  expect(browserCommand({ CI: 'true', DISPLAY: ':0' }, 'linux')).toBeUndefined();
  expect(browserCommand({ PATH: '/usr/bin' }, 'linux')).toBeUndefined();
  expect(browserCommand({ DISPLAY: ':0', PATH: '' }, 'linux')).toBeUndefined();
});
