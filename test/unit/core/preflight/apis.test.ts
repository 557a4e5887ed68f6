import { array, assert, constantFrom, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ApisInUse, apiChecks } from '../../../../src/core/preflight/api-checks.ts';
import { kindsToList, REMOVED_APIS, removedBetween } from '../../../../src/core/preflight/removed-apis.ts';
import { deprecatedRequests, expiringClients, readSamples } from '../../../../src/core/preflight/samples.ts';
import { seen, unseen } from '../../../../src/core/preflight/seen.ts';
import { helmUses, manifestObjects, storedUses } from '../../../../src/core/preflight/stored-apis.ts';

const METRICS = [
  '# HELP apiserver_requested_deprecated_apis [STABLE] Gauge of deprecated APIs that have been requested',
  'apiserver_requested_deprecated_apis{group="policy",removed_release="1.25",resource="poddisruptionbudgets",subresource="",version="v1beta1"} 1',
  'apiserver_requested_deprecated_apis{group="",removed_release="",resource="componentstatuses",subresource="",version="v1"} 1',
  'apiserver_requested_deprecated_apis{group="flowcontrol.apiserver.k8s.io",removed_release="1.32",resource="flowschemas",subresource="status",version="v1beta3"} 1 1700000000',
  'apiserver_requested_deprecated_apis{group="batch",removed_release="1.25",resource="cronjobs",subresource="",version="v1beta1"} 0',
  'apiserver_client_certificate_expiration_seconds_bucket{le="604800"} 3',
  'apiserver_client_certificate_expiration_seconds_bucket{le="+Inf"} 9',
].join('\n');

describe('samples of an API server', () => {
  test('what was asked for, and certificates that end soon', () => {
    const samples = readSamples(METRICS);
    expect(deprecatedRequests(samples)).toEqual([
      { apiVersion: 'policy/v1beta1', resource: 'poddisruptionbudgets', removedIn: 25 },
      { apiVersion: 'v1', resource: 'componentstatuses', removedIn: null },
      { apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta3', resource: 'flowschemas/status', removedIn: 32 },
    ]);
    expect(expiringClients(samples)).toEqual({ withinDays: 7, requests: 3 });
    expect(expiringClients([])).toBeNull();
  });

  test('escapes, infinity, and lines that are no samples', () => {
    expect(readSamples('a{b="x\\"y\\n\\\\"} +Inf\nc 1e3\nd NaN\n{} 1\ne{f="g"}\n 1 2 3\n')).toEqual([
      { name: 'a', labels: { b: 'x"y\n\\' }, value: Number.POSITIVE_INFINITY },
      { name: 'c', labels: {}, value: 1000 },
    ]);
  });

  test('any text has an answer', () => {
    assert(
      property(
        array(string(), { maxLength: 4 }),
        (lines) => readSamples(lines.join('\n')).length <= lines.join('\n').split('\n').length,
      ),
    );
  });
});

describe('the table of removed APIs', () => {
  test('between two versions is after the first and up to the second, and nothing is lost on the way', () => {
    const minor = integer({ min: 10, max: 40 });
    assert(
      property(minor, minor, minor, (a, b, c) => {
        const [low, middle, high] = [a, b, c].toSorted((x, y) => x - y);
        const [from = 0, by = 0, to = 0] = [low, middle, high];
        expect([...removedBetween(from, by), ...removedBetween(by, to)].length).toBe(removedBetween(from, to).length);
        expect(removedBetween(to, from)).toEqual([]);
      }),
    );
    expect(removedBetween(30, 31)).toEqual([]);
    expect(removedBetween(24, 25).flatMap(({ kinds }) => kinds)).toContain('PodSecurityPolicy');
  });

  test('each is there once, and what to use instead is another version', () => {
    const pairs = REMOVED_APIS.flatMap(({ apiVersion, kinds }) => kinds.map((kind) => `${apiVersion} ${kind}`));
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(REMOVED_APIS.filter(({ apiVersion, instead }) => apiVersion === instead)).toEqual([]);
  });

  test('what is looked through is listed in the version that stays, once, and never what controllers make', () => {
    const listed = kindsToList(removedBetween(15, 32));
    expect(listed.find(({ kind }) => kind === 'Ingress')?.apiVersions).toEqual([
      'networking.k8s.io/v1',
      'extensions/v1beta1',
      'networking.k8s.io/v1beta1',
    ]);
    expect(new Set(listed.map(({ kind }) => kind)).size).toBe(listed.length);
    expect(listed.map(({ kind }) => kind)).not.toContain('Lease');
  });
});

const REMOVED = removedBetween(24, 25);

function budget(metadata: object) {
  return {
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b', namespace: 'web', uid: 'u', resourceVersion: '1', ...metadata },
  };
}

function applied(text: string) {
  return budget({ annotations: { 'kubectl.kubernetes.io/last-applied-configuration': text } });
}

function fields(operation: string) {
  return budget({ managedFields: [{ manager: 'flux', operation, apiVersion: 'policy/v1beta1' }] });
}

describe('stored objects', () => {
  test('applied in a removed version, by kubectl or by the server; only written in it', () => {
    const old = JSON.stringify({ apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget', spec: {} });
    expect(storedUses(applied(old), REMOVED)).toMatchObject([
      { by: 'applied', manager: 'kubectl apply', name: 'web/b' },
    ]);
    expect(storedUses(fields('Apply'), REMOVED)).toMatchObject([{ by: 'applied', manager: 'flux' }]);
    expect(storedUses(fields('Update'), REMOVED)).toMatchObject([{ by: 'written', manager: 'flux' }]);
  });

  test.each([
    ['another version', applied(JSON.stringify({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' }))],
    ['no JSON', applied('{')],
    ['no object', applied('[]')],
    ['odd fields', budget({ managedFields: 'none' })],
    ['nothing', budget({})],
  ])('nothing is said of %s', (_, object) => {
    expect(storedUses(object, REMOVED)).toEqual([]);
  });
});

const MANIFEST = `
---
# Source: web/templates/pdb.yaml
apiVersion: "policy/v1beta1" # old
kind: PodDisruptionBudget
metadata:
  labels:
    name: not-this
  name: web
spec:
  kind: Other
  apiVersion: batch/v1beta1
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: inline }
---
kind: Only
`;

describe('manifests of Helm', () => {
  test('version, kind and name of each document', () => {
    expect(manifestObjects(MANIFEST)).toEqual([
      { apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget', name: 'web' },
      { apiVersion: 'apps/v1', kind: 'Deployment', name: '' },
    ]);
    expect(helmUses('web/web', MANIFEST, REMOVED)).toMatchObject([{ release: 'web/web', kind: 'PodDisruptionBudget' }]);
  });

  test('any text has an answer, and long ones soon', () => {
    const piece = constantFrom(
      '---\n',
      'apiVersion: v1\n',
      'kind: Pod\n',
      'metadata:\n',
      '  name: x\n',
      '   \n',
      '\t',
      'x',
    );
    assert(
      property(array(piece, { maxLength: 30 }), (pieces) =>
        manifestObjects(pieces.join('')).every(({ kind }) => kind === 'Pod'),
      ),
    );
    const began = performance.now();
    manifestObjects(`metadata:\n${' \n'.repeat(200_000)}x`);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('what it means for an upgrade', () => {
  const requested = deprecatedRequests(readSamples(METRICS));
  const none: ApisInUse = {
    from: 24,
    to: 25,
    removed: REMOVED,
    requested: seen([]),
    stored: [],
    storedUnseen: [],
    helm: seen({ uses: [], opened: 0, unopened: [] }),
    accepted: false,
  };
  function words(use: Partial<ApisInUse>): readonly string[] {
    return apiChecks({ ...none, ...use }).map(({ id, verdict, evidence }) => `${id} ${verdict}: ${evidence}`);
  }

  test('nothing is in use', () => {
    expect(words({})).toEqual([
      'removed-apis-requested pass: none that 1.25 does not serve was asked for, seen by the one API server that answered, since it began',
      `removed-apis-stored pass: no object says that it was applied in one of the ${REMOVED.length} versions that 1.25 does not serve`,
      'removed-apis-helm pass: 0 releases opened, none rendered in a version that 1.25 does not serve',
    ]);
  });

  test('the target removes nothing: nothing has to be opened, and what is asked for is told all the same', () => {
    const helm = unseen('list secrets is not allowed');
    expect(words({ from: 30, to: 31, removed: [], requested: seen(requested.slice(1)), helm })).toEqual([
      'removed-apis-requested pass: none that 1.31 does not serve was asked for, seen by the one API server that answered, since it began; deprecated, and still served then: v1 componentstatuses, flowcontrol.apiserver.k8s.io/v1beta3 flowschemas/status (removed in 1.32)',
      'removed-apis-stored pass: 1.31 serves every API version that 1.30 serves unless told otherwise; nothing had to be opened',
    ]);
  });

  test('the target removes nothing: that nobody could look who asks for what warns, and needs no override', () => {
    const use = { from: 30, to: 31, removed: [], requested: unseen('get /metrics is not allowed') };
    const line =
      'removed-apis-requested warn: not looked at: get /metrics is not allowed; 1.31 serves every API version that 1.30 serves unless told otherwise; ' +
      'reading it takes the right to get the path /metrics (nonResourceURLs): grant that, or plan again when the cluster answers';

    expect(words(use)[0]).toBe(line);
    expect(words({ ...use, accepted: true })[0]).toBe(line);
  });

  test('the target removes nothing that is on by itself: what is asked for and goes blocks all the same', () => {
    const gone = requested.map((each) => ({ ...each, removedIn: 31 }));

    expect(words({ from: 30, to: 31, removed: [], requested: seen(gone) })[0]).toMatch(
      /^removed-apis-requested block: /,
    );
  });

  test('in use: requests and applied manifests block, releases of Helm warn; accepted, all of it warns', () => {
    const old = JSON.stringify({ apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget' });
    const use: Partial<ApisInUse> = {
      requested: seen(requested),
      stored: storedUses(applied(old), REMOVED),
      helm: seen({ uses: helmUses('web/web', MANIFEST, REMOVED), opened: 1, unopened: ['web/big: more than 16 MiB'] }),
    };
    expect(words(use)).toEqual([
      'removed-apis-requested block: policy/v1beta1 poddisruptionbudgets (removed in 1.25), seen by the one API server that answered, since it began: who asks for them fails after the upgrade; the audit log of the API server names who asked, with the annotation k8s.io/deprecated; ask with --over-removed-apis if nobody needs them any more; deprecated, and still served then: v1 componentstatuses, flowcontrol.apiserver.k8s.io/v1beta3 flowschemas/status (removed in 1.32)',
      'removed-apis-stored block: applied in versions that 1.25 does not serve: web/b: policy/v1beta1 PodDisruptionBudget (use policy/v1): the objects stay, applying their manifests again fails; change the manifests and apply them before; ask with --over-removed-apis if nobody needs them any more',
      'removed-apis-helm warn: web/web: policy/v1beta1 PodDisruptionBudget (use policy/v1): the next helm upgrade of them fails; upgrade their charts before, or rewrite the releases with the plug-in mapkubeapis; not looked at: web/big: more than 16 MiB',
    ]);
    expect(apiChecks({ ...none, ...use, accepted: true }).map(({ verdict }) => verdict)).toEqual([
      'warn',
      'warn',
      'warn',
    ]);
  });

  test('what could not be read is told, and never passes', () => {
    const why = 'get /metrics is not allowed';
    const use = {
      requested: unseen(why),
      storedUnseen: ['CronJob: list cronjobs is not allowed'],
      helm: unseen('list secrets is not allowed'),
    };
    const over = 'ask with --over-removed-apis if you know that nobody needs what the target removes';
    expect(words(use)).toEqual([
      `removed-apis-requested block: not looked at: get /metrics is not allowed; reading it takes the right to get the path /metrics (nonResourceURLs): grant that, or plan again when the cluster answers; ${over}`,
      `removed-apis-stored block: no object says that it was applied in one of the ${REMOVED.length} versions that 1.25 does not serve; not looked at: CronJob: list cronjobs is not allowed; reading it takes the right to list these kinds: grant that, or plan again when the cluster answers; ${over}`,
      'removed-apis-helm warn: not looked at: list secrets is not allowed',
    ]);
    expect(apiChecks({ ...none, ...use, accepted: true }).map(({ verdict, evidence }) => [verdict, evidence])).toEqual([
      ['warn', 'not looked at: get /metrics is not allowed; accepted with --over-removed-apis'],
      ['warn', expect.stringMatching(/CronJob: list cronjobs is not allowed; accepted with --over-removed-apis$/)],
      ['warn', 'not looked at: list secrets is not allowed'],
    ]);
  });
});
