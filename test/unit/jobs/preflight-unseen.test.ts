import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openRelease } from '../../../jobs/steps/preflight/read-helm.ts';
import { checkOf, checksOf, helmSecret, preflightOf, wellCluster, wellPod } from '../../support/preflight/cluster.ts';

const WORKERS = { leaving: { nodes: ['w-1', 'w-2'], surge: 0, unavailable: 1 }, controlPlane: false };

/** A minor version that removes APIs; the one that the samples go to otherwise removes none. */
const REMOVING = { from: 'v1.31.9', to: 'v1.32.1' };

const SERVICE = { namespace: 'guard', name: 'hook' };

function webhook(kind: string, more: object, resources: readonly string[] = ['pods']) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'guard' },
    webhooks: [
      { name: 'check.guard', clientConfig: { service: SERVICE }, rules: [{ apiGroups: ['*'], resources }], ...more },
    ],
  };
}

function slice(...nodes: readonly string[]) {
  const labels = { 'kubernetes.io/service-name': 'hook' };
  const endpoints = nodes.map((nodeName) => ({ nodeName, conditions: { ready: true } }));
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'hook-1', namespace: 'guard', labels },
    endpoints: [...endpoints, { nodeName: 'w-2', conditions: { ready: false } }],
  };
}

describe('webhooks', () => {
  test.each<[string, ReturnType<typeof webhook>, ReturnType<typeof slice> | null, RegExp]>([
    [
      'on the node that leaves',
      webhook('ValidatingWebhookConfiguration', {}),
      slice('w-1', 'w-1'),
      /^warn: ValidatingWebhookConfiguration guard, webhook check.guard asks guard\/hook, which answers on w-1 only: while it moves, requests for pods fail; give them/,
    ],
    [
      'without an endpoint',
      webhook('MutatingWebhookConfiguration', {}, ['*']),
      null,
      /no ready endpoint: requests for pods, nodes, leases fail/,
    ],
    [
      'beside it',
      webhook('ValidatingWebhookConfiguration', {}),
      slice('w-1', 'cp-1'),
      /^pass: guard\/hook answer beside/,
    ],
    ['that fails open', webhook('ValidatingWebhookConfiguration', { failurePolicy: 'Ignore' }), null, /^pass: none/],
    ['of other things', webhook('ValidatingWebhookConfiguration', {}, ['ingresses']), null, /^pass: none/],
    [
      'elsewhere',
      webhook('ValidatingWebhookConfiguration', { clientConfig: { url: 'https://x' } }),
      null,
      /^pass: none/,
    ],
    ['in an odd shape', { ...webhook('ValidatingWebhookConfiguration', {}), webhooks: [] }, null, /^pass: none/],
  ])('%s', async (_, configuration, endpoints, words) => {
    const fake = wellCluster();
    fake.put(JSON.parse(JSON.stringify(configuration)));
    if (endpoints !== null) fake.put(endpoints);
    expect(await checkOf(fake, 'webhooks', WORKERS)).toMatch(words);
  });
});

/** Ids of the checks that block, of their lines. */
function blocking(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.includes(' block: ')).map((line) => line.slice(0, line.indexOf(' ')));
}

function isPods({ detail }: { readonly detail: string }): boolean {
  return detail === 'pods';
}

describe('what cannot be read is told', () => {
  test.each([
    [
      { verb: 'get', resource: '/metrics' },
      'removed-apis-requested',
      /^warn: not looked at: get \/metrics is not allowed .*the right to get the path \/metrics \(nonResourceURLs\)/,
    ],
    [
      { verb: 'get', resource: '/metrics' },
      'certificates',
      /^warn: not looked at: certificates of clients: get \/metrics/,
    ],
    [{ verb: 'list', resource: 'nodes' }, 'kubelet-skew', /^block: not looked at: list nodes is .*right to list nodes/],
    [{ verb: 'list', resource: 'nodes' }, 'capacity', /^block: not looked at: list nodes is .*list nodes and pods/],
    [{ verb: 'list', resource: 'nodes' }, 'nodes-well', /^block: not looked at: list nodes is .*right to list nodes/],
    [{ verb: 'list', resource: 'pods' }, 'capacity', /^block: not looked at: list pods is .*list nodes and pods/],
    [{ verb: 'list', resource: 'pods' }, 'pods-well', /^block: not looked at: list pods is .*right to list pods/],
    [
      { verb: 'list', resource: 'daemonsets' },
      'kube-proxy-skew',
      /^block: not looked at: list daemonsets is .*right to/,
    ],
    [{ verb: 'list', resource: 'deployments' }, 'dns', /^block: not looked at: list deployments is .*and daemonsets/],
    [{ verb: 'list', resource: 'deployments' }, 'autoscaler', /^warn: not looked at: list deployments/],
    [
      { verb: 'list', resource: 'validatingwebhookconfigurations' },
      'webhooks',
      /^warn: not looked at: list validating/,
    ],
  ])('%j: %s', async (ban, id, words) => {
    const fake = wellCluster();
    fake.forbid(ban);
    expect(await checkOf(fake, id)).toMatch(words);
  });

  test('endpoints of a webhook, volumes of pods that move, stored objects and Secrets', async () => {
    const fake = wellCluster();
    fake.put(JSON.parse(JSON.stringify(webhook('ValidatingWebhookConfiguration', {}))));
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    fake.put(wellPod({ name: 'db-0', node: 'w-1', owner: { kind: 'StatefulSet', name: 'db' }, spec: { volumes } }));
    for (const resource of ['endpointslices', 'persistentvolumes', 'secrets', 'flowschemas'])
      fake.forbid({ verb: 'list', resource });
    const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
    fake.addKind({ apiVersion, kind: 'FlowSchema', resource: 'flowschemas', namespaced: false, subresources: [] });
    expect(await checkOf(fake, 'webhooks', WORKERS)).toMatch(
      /^warn: not looked at: where guard\/hook answers .*endpointslices/,
    );
    expect(await checkOf(fake, 'capacity', WORKERS)).toMatch(
      /^block: .*not looked at: where volumes can be used: list persistentvolumes is .*right to list persistentvolumeclaims/,
    );
    expect(await checkOf(fake, 'removed-apis-stored', REMOVING)).toMatch(
      /^block: .*not looked at: FlowSchema: list flowschemas .*right to list these kinds.*--over-removed-apis/,
    );
    expect(await checkOf(fake, 'removed-apis-stored', { ...REMOVING, overRemovedApis: true })).toMatch(
      /^warn: .*not looked at: FlowSchema: .*; accepted with --over-removed-apis$/,
    );
    expect(await checkOf(fake, 'removed-apis-helm', REMOVING)).toBe(
      "warn: not looked at: list secrets is not allowed for the fake's user",
    );
  });

  test('an API server that is away altogether: nothing passes', async () => {
    const fake = wellCluster();
    const error = { code: 'unreachable', message: 'no connection' } as const;
    for (const method of ['version', 'eachPage', 'list', 'get', 'metrics', 'serves'] as const)
      fake.fail({ method, error, times: 99 });
    const lines = await checksOf(fake, { from: null });
    expect(lines.filter((line) => !/ (?:warn|block): not looked at: /.test(line))).toEqual([]);
    expect(blocking(lines)).toEqual([
      'kubelet-skew',
      'kube-proxy-skew',
      'removed-apis-stored',
      'capacity',
      'nodes-well',
      'pods-well',
      'dns',
    ]);
    const group = await checksOf(fake, { ...WORKERS, from: null });
    expect(blocking(group)).toEqual(['capacity', 'nodes-well', 'pods-well', 'dns']);
    expect(group[0]).toMatch(/^kubelet-skew warn: .*the right to get the path \/version/);
  });

  test('removed APIs that could not be looked for can be accepted; nothing else can', async () => {
    const fake = wellCluster();
    for (const resource of ['nodes', 'pods', 'deployments']) fake.forbid({ verb: 'list', resource });
    fake.forbid({ verb: 'get', resource: '/metrics' });
    const all = [
      'kubelet-skew',
      'kube-proxy-skew',
      'removed-apis-requested',
      'capacity',
      'nodes-well',
      'pods-well',
      'dns',
    ];
    const asked = await checksOf(fake, REMOVING);
    expect(blocking(asked)).toEqual(all);
    expect(asked[2]).toMatch(
      /^removed-apis-requested block: .*nonResourceURLs.*ask with --over-removed-apis if you know/,
    );
    const accepted = await checksOf(fake, { ...REMOVING, overRemovedApis: true });
    expect(blocking(accepted)).toEqual(all.filter((id) => id !== 'removed-apis-requested'));
    expect(accepted[2]).toMatch(/^removed-apis-requested warn: .*; accepted with --over-removed-apis$/);
  });

  test('objects of an odd shape are counted, and the rest is judged', async () => {
    const fake = wellCluster();
    const odd = { name: 'odd', namespace: 'web' };
    fake.put({ apiVersion: 'v1', kind: 'Pod', metadata: odd, status: { phase: 7 } });
    const { notes, checks } = await preflightOf(fake);
    expect(notes).toContain('Not looked at: 1 pod whose shape is not known.');
    expect(checks.find(({ id }) => id === 'pods-well')?.verdict).toBe('pass');
  });

  test('a list that expires is begun anew once', async () => {
    const fake = wellCluster();
    const error = { code: 'expired', message: 'the page is too old' } as const;
    fake.fail({ method: 'eachPage', when: isPods, error });
    expect(await checkOf(fake, 'pods-well')).toMatch(/^pass: 3 pods/);
    fake.fail({ method: 'eachPage', when: isPods, error, times: 2 });
    expect(await checkOf(fake, 'pods-well')).toMatch(/^block: not looked at: the page is too old; /);
  });
});

const Secret = z.object({ data: z.object({ release: z.string() }) });

function storedOf(secret: object): string {
  return Secret.parse(secret).data.release;
}

describe('a release of Helm', () => {
  test('is opened as Helm packs it, and no further than is reasonable', async () => {
    const small = storedOf(helmSecret('a', { manifest: 'kind: Pod' }));
    expect(await openRelease(small)).toEqual({ ok: true, value: 'kind: Pod' });
    const bomb = storedOf(helmSecret('a', { manifest: 'x'.repeat(17 << 20) }));
    expect(await openRelease(bomb)).toEqual({ ok: false, why: 'it has more than 16 MiB' });
    expect(await openRelease(storedOf(helmSecret('a', { manifest: 7 })))).toEqual({
      ok: false,
      why: 'its shape is not known',
    });
    expect(await openRelease('')).toEqual({ ok: false, why: 'it is not stored as Helm stores releases' });
  });
});
