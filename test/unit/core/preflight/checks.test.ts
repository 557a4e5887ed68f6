import { array, assert, boolean, constantFrom, integer, property, record, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addOnsOf, imageParts, unjudgedNote } from '../../../../src/core/preflight/add-ons.ts';
import { certificatesCheck } from '../../../../src/core/preflight/certificates.ts';
import { seen, some, unseen } from '../../../../src/core/preflight/seen.ts';
import { kubeletSkewCheck, proxySkewCheck } from '../../../../src/core/preflight/skew.ts';
import { testedCheck } from '../../../../src/core/preflight/tested-ranges.ts';
import { endpointNodes, strictWebhooks } from '../../../../src/core/preflight/webhooks.ts';

describe('versions beside each other', () => {
  const versions = integer({ min: 20, max: 34 }).map((minor) => ({ minor, version: `v1.${minor}.1` }));
  const nodes = array(record({ at: versions, goesAlong: boolean() }), { maxLength: 6 });

  test('a control plane never leaves a kubelet behind, or below one, unseen', () => {
    assert(
      property(nodes, versions, (all, target) => {
        const named = all.map(({ at, goesAlong }, index) => ({ name: `n-${index}`, version: at.version, goesAlong }));
        const { verdict } = kubeletSkewCheck(named, { server: target.version, controlPlane: true });
        const most = target.minor < 28 ? 2 : 3;
        const isBad = all.some(({ at }) => at.minor > target.minor || target.minor - at.minor > most);
        expect(verdict).toBe(isBad ? 'block' : 'pass');
        const [first] = all;
        const proxy = proxySkewCheck(seen(first?.at.version ?? null), { server: target.version, controlPlane: true });
        const one = kubeletSkewCheck(named.slice(0, 1), { server: target.version, controlPlane: true });
        expect(proxy.verdict).toBe(one.verdict);
      }),
    );
  });

  test('a group alone: what the plan moves is not held against it, what it leaves is a warning', () => {
    const old = { name: 'w-1', version: 'v1.25.0', goesAlong: true };
    const order = { server: 'v1.31.0', controlPlane: false };
    expect(kubeletSkewCheck([old], order).verdict).toBe('pass');
    expect(kubeletSkewCheck([{ ...old, goesAlong: false }], order)).toMatchObject({
      verdict: 'warn',
      title: 'Nodes do not fit the control plane',
    });
  });
});

function daemons(...images: readonly string[]) {
  const containers = images.map((image) => ({ image }));
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'net', namespace: 'kube-system', uid: 'u', resourceVersion: '1' },
    spec: { template: { spec: { containers } } },
  };
}

describe('images', () => {
  test.each([
    ['kube-proxy', 'kube-proxy', ''],
    ['registry:5000/a/kube-proxy', 'registry:5000/a/kube-proxy', ''],
    ['registry:5000/a/kube-proxy:v1.30.6', 'registry:5000/a/kube-proxy', 'v1.30.6'],
    ['quay.io/calico/node:v3.28.0@sha256:00', 'quay.io/calico/node', 'v3.28.0'],
    ['quay.io/calico/node@sha256:00', 'quay.io/calico/node', ''],
    ['', '', ''],
  ])('%s', (image, name, tag) => {
    expect(imageParts(image)).toEqual({ name, tag });
  });

  test('what is known by its image, whatever stands before it; a name that only ends alike is not', () => {
    const found = addOnsOf(
      daemons('quay.io/calico/node:v3.28.0', 'mirror.example/x/cilium/cilium:v1.16.1', 'my/node:1', 'notkube-proxy:1'),
    );
    expect(found.map(({ program, version }) => `${program} ${version}`)).toEqual(['Calico v3.28.0', 'Cilium v1.16.1']);
    expect(unjudgedNote(found, 'v1.31.4')).toBe(
      'Not judged: how Calico v3.28.0, Cilium v1.16.1 go with v1.31.4. Compare with the tables of their makers.',
    );
    expect(unjudgedNote([], 'v1.31.4')).toBeNull();
    expect(addOnsOf({ ...daemons(), spec: 'odd' })).toEqual([]);
  });
});

function rule(apiGroups: readonly string[], resources: readonly string[]) {
  return { apiGroups, resources };
}

function network(image: string) {
  return addOnsOf(daemons(image));
}

describe('what makers test', () => {
  test.each([
    ['calico/node:v3.29.2', 'v1.31.4', 'pass', 'Calico v3.29.2 is tested with 1.29 to 1.32'],
    [
      'calico/node:v3.29.2',
      'v1.33.0',
      'warn',
      'Calico v3.29.2 is tested with 1.29 to 1.32, by its makers; upgrade it first where the target is beyond that',
    ],
    ['cilium/cilium:v1.18.0', 'v1.30.0', 'pass', 'Cilium v1.18.0 is tested with 1.30 to 1.33'],
  ])('%s with %s: %s', (image, to, verdict, evidence) => {
    expect(testedCheck(network(image), to)).toMatchObject({ id: 'add-ons', verdict, evidence });
    expect(unjudgedNote(network(image), to)).toBeNull();
  });

  test('what is not published is not judged', () => {
    expect(testedCheck(network('calico/node:v3.1.0'), 'v1.31.4')).toBeNull();
    expect(testedCheck(network('calico/node@sha256:00'), 'v1.31.4')).toBeNull();
    expect(unjudgedNote(network('calico/node:v3.1.0'), 'v1.31.4')).toContain('Calico v3.1.0 goes with');
  });
});

describe('webhooks in any shape', () => {
  test('are read, or are none', () => {
    const meta = { name: 'w', uid: 'u', resourceVersion: '1' };
    const base = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: meta,
    };
    for (const webhooks of [
      undefined,
      null,
      'x',
      [null],
      [{ name: 'a' }],
      [{ name: 'a', clientConfig: { service: 7 } }],
    ]) {
      expect(strictWebhooks({ ...base, webhooks })).toEqual([]);
    }
    const service = { namespace: 'a', name: 'b' };
    const about = (...rules: readonly object[]) =>
      strictWebhooks({ ...base, webhooks: [{ name: 'a', clientConfig: { service }, rules }] }).flatMap(
        (each) => each.about,
      );
    expect(about(rule([''], ['pods']))).toEqual(['pods']);
    expect(about(rule([''], ['pods/*']))).toEqual(['pods/eviction']);
    expect(about(rule(['*'], ['*/*']))).toEqual(['pods', 'pods/eviction', 'nodes', 'leases']);
    expect(about(rule(['coordination.k8s.io'], ['*']))).toEqual(['leases']);
    expect(about(rule(['apps'], ['pods']))).toEqual([]);
  });

  test('an endpoint that says nothing of being ready is ready', () => {
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 's', uid: 'u', resourceVersion: '1' },
      endpoints: [{ nodeName: 'a' }, { nodeName: 'b', conditions: { ready: false } }, { conditions: { ready: null } }],
    };
    expect(endpointNodes([slice, { ...slice, endpoints: null }, { ...slice, endpoints: 'odd' }])).toEqual(['a', '']);
  });
});

describe('certificates', () => {
  const NOW = Date.UTC(2026, 0, 1);
  test.each([
    ['2025-12-31T00:00:00Z', 'warn', 'cp-1 ended on 2025-12-31'],
    ['2026-01-01T12:00:00Z', 'warn', 'cp-1 ends on 2026-01-01, in 0 days'],
    ['2026-01-30T12:00:00Z', 'warn', 'cp-1 ends on 2026-01-30, in 29 days'],
    ['2026-02-01T00:00:00Z', 'pass', '1 certificate lasts 30 days or more'],
    ['soon', 'warn', 'cp-1 says soon, which is no time'],
  ])('%s: %s', (at, verdict, words) => {
    const check = certificatesCheck(seen([{ name: 'cp-1', at }]), seen(null), NOW);
    expect(check.verdict).toBe(verdict);
    expect(check.evidence).toContain(words);
  });

  test('not read is not fine', () => {
    expect(certificatesCheck(seen([]), unseen('no'), NOW).verdict).toBe('warn');
    expect(certificatesCheck(seen([{ name: 'cp-1', at: '2027-01-01T00:00:00Z' }]), unseen('no'), NOW).verdict).toBe(
      'warn',
    );
    expect(certificatesCheck(unseen('no'), seen({ withinDays: 7, requests: 0 }), NOW)).toMatchObject({
      verdict: 'warn',
      title: 'Certificates not looked at',
    });
  });
});

test('a list of names is cut with a count, and nothing is lost', () => {
  assert(
    property(
      array(
        string({ minLength: 1 }).filter((name) => !name.includes(',')),
        { maxLength: 12 },
      ),
      constantFrom(1, 3, 5),
      (names, most) => {
        const words = some(names, most);
        const rest = names.length - most;
        expect(words.endsWith(` and ${rest} more`)).toBe(rest > 0);
      },
    ),
  );
});
