import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyValue, resourceOf, tallyKeys } from '../../../../src/core/backup/registry.ts';

/** `k8s\0`, then the wrapper of a Pod v1 whose metadata have the name `a`. */
const POD = [0x0a, 2, 0x76, 0x31, 0x12, 3, 0x50, 0x6f, 0x64];
const OBJECT = [0x0a, 3, 0x0a, 1, 0x61];
function wrapped(type: readonly number[], object: readonly number[]): Uint8Array {
  return Uint8Array.of(
    0x6b,
    0x38,
    0x73,
    0,
    0x0a,
    type.length,
    ...type,
    0x12,
    object.length,
    ...object,
    0x1a,
    0,
    0x22,
    0,
  );
}
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

describe('resource of a key', () => {
  test.each([
    ['/registry/pods/default/a', 'pods', true],
    ['/registry/deployments/default/a', 'deployments', true],
    ['/registry/minions/node-1', 'minions', true],
    ['/registry/services/specs/default/a', 'services', true],
    ['/registry/services/endpoints/default/a', 'endpoints', true],
    ['/registry/cilium.io/ciliumnodes/node-1', 'ciliumnodes.cilium.io', true],
    ['/registry/apiregistration.k8s.io/apiservices/v1.apps', 'apiservices.apiregistration.k8s.io', true],
    ['/kubernetes.io/secrets/default/a', 'secrets', true],
    ['/openshift.io/routes/default/a', 'routes', true],
    ['/registryx/pods/a', 'registryx', false],
    ['compact_rev_key', 'compact_rev_key', false],
    ['/calico/ipam/a', 'calico', false],
    ['/', '/', false],
  ])('%s', (key, resource, judged) => {
    expect(resourceOf(key)).toEqual({ resource, judged });
  });
});

test('CBOR is known by how it begins', () => {
  expect(classifyValue(Uint8Array.of(0xd9, 0xd9, 0xf7, 0xa0))).toEqual({ kind: 'cbor' });
  expect(classifyValue(Uint8Array.of(0xd9, 0xd9, 0xf7))).toMatchObject({ kind: 'undecodable' });
});

describe('tally of keys', () => {
  test('a kind for every key is no kind: beyond two thousand they are counted together', () => {
    const tally = tallyKeys();
    for (let at = 0; at < 5000; at += 1) tally.take(`key-${at}`);

    expect(tally.resources()).toHaveLength(2001);
    expect(tally.resources().find(({ resource }) => resource === '(everything else)')?.count).toBe(3000);
    expect(tally.resources().reduce((sum, { count }) => sum + count, 0)).toBe(5000);
  });

  test('counts by resource, sorted, and samples at most five', () => {
    const tally = tallyKeys();
    tally.take('compact_rev_key');
    for (const name of ['a', 'b']) tally.take(`/registry/pods/x/${name}`);
    for (let at = 0; at < 1000; at += 1) tally.take(`/registry/leases/x/${String(at).padStart(4, '0')}`);

    const [first, leases, pods] = tally.resources();
    expect(first).toEqual({ resource: 'compact_rev_key', judged: false, count: 1, sample: ['compact_rev_key'] });
    expect(leases).toMatchObject({ resource: 'leases', judged: true, count: 1000 });
    expect(leases?.sample).toHaveLength(5);
    expect(leases?.sample.at(-1)?.slice(-4) ?? '').toMatch(/^0[89]/);
    expect(pods).toMatchObject({ count: 2, sample: ['/registry/pods/x/a', '/registry/pods/x/b'] });
  });

  test('any number of keys: none is counted twice, samples are of them and differ', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), (count) => {
        const keys = Array.from({ length: count }, (_, at) => `/registry/pods/${at}`);
        const tally = tallyKeys();
        for (const key of keys) tally.take(key);
        const [pods] = tally.resources();
        expect(pods?.count ?? 0).toBe(count);
        const sample = pods?.sample ?? [];
        expect(new Set(sample).size).toBe(Math.min(5, count));
        expect(sample.every((key) => keys.includes(key))).toBe(true);
      }),
    );
  });
});

describe('what a value is', () => {
  test('protobuf with its version and kind', () => {
    expect(classifyValue(wrapped(POD, OBJECT))).toEqual({ kind: 'protobuf', apiVersion: 'v1', objectKind: 'Pod' });
  });

  test('JSON with its version and kind, as custom resources are kept', () => {
    const value = text('{"apiVersion":"cilium.io/v2","kind":"CiliumNode","metadata":{"name":"ü"}}');
    expect(classifyValue(value)).toEqual({ kind: 'json', apiVersion: 'cilium.io/v2', objectKind: 'CiliumNode' });
  });

  test.each([
    ['k8s:enc:aescbc:v1:key1:', 'aescbc'],
    ['k8s:enc:aesgcm:v1:2:', 'aesgcm'],
    ['k8s:enc:kms:v2:vault:', 'kms'],
    ['k8s:enc:secretbox:v1:a:', 'secretbox'],
  ])('encrypted: %s', (prefix, provider) => {
    expect(classifyValue(Uint8Array.of(...text(prefix), 0, 255, 128))).toEqual({ kind: 'encrypted', provider });
  });

  test.each([
    ['empty', new Uint8Array()],
    ['only the magic', Uint8Array.of(0x6b, 0x38, 0x73, 0)],
    ['no kind', wrapped(POD.slice(0, 4), OBJECT)],
    ['an object that was cut', wrapped(POD, OBJECT.slice(0, -1))],
    ['a wrapper that was cut', wrapped(POD, OBJECT).subarray(0, -6)],
    ['a tag of no wire type', wrapped(POD, [0x0f, 1])],
    ['field number zero', wrapped(POD, [0x02, 1, 1])],
    ['a length beyond everything', wrapped(POD, [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])],
    ['JSON that was cut', text('{"kind":"A","apiVersion":')],
    ['JSON of no object of Kubernetes', text('{"kind":1}')],
    ['JSON that is no text', Uint8Array.of(0x7b, 0xff, 0x7d)],
    ['a prefix without a version', text('k8s:enc:aescbc')],
    ['something else', text('health')],
  ])('undecodable: %s', (_, value) => {
    expect(classifyValue(value)).toMatchObject({ kind: 'undecodable', why: expect.stringMatching(/^it /) });
  });

  test('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, marked) => {
        expect(classifyValue(marked ? Uint8Array.of(0x6b, 0x38, 0x73, 0, ...bytes) : bytes)).toHaveProperty('kind');
      }),
    );
  });
});
