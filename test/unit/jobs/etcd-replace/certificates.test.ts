import { expect, test } from 'vitest';
import { planCertificates } from '../../../../jobs/etcd-replace/plan-certificates.ts';
import { NOT_AFTER } from '../../../../src/core/etcd/diagnosis/certificates.ts';
import { createFakeKubernetes } from '../../../fakes/kubernetes.ts';
import { judged, NOW_MS } from '../../../support/member-signs.ts';
import { sampleCluster } from '../../../support/sample-cluster.ts';

const YEAR_MS = 365 * 86_400_000;

/** The check, when the certificate of one Secret of cp-2 has expired. */
async function expired(secret: string) {
  const fake = createFakeKubernetes();
  for (const what of ['etcd-peer', 'etcd-serving', 'etcd-serving-metrics']) {
    const end = new Date(NOW_MS + (what === secret ? -1_000 : YEAR_MS)).toISOString();
    const metadata = { name: `${what}-cp-2`, namespace: 'openshift-etcd', annotations: { [NOT_AFTER]: end } };
    fake.put({ apiVersion: 'v1', kind: 'Secret', metadata });
  }
  const diagnosed = judged();
  const clientUrls = ['https://10.0.0.2:2379'];
  const member = { ...diagnosed.member, member: { ...diagnosed.member.member, clientUrls } };
  const context = {
    ports: {
      etcd: { certificateEnd: async () => await Promise.resolve({ ok: true, value: null } as const) },
      kubernetes: fake.port,
    },
    cluster: sampleCluster({ platform: 'openshift' }),
    signal: new AbortController().signal,
    nowMs: () => NOW_MS,
  };
  const [check] = await planCertificates(context, { members: [{ ...diagnosed, member }] }, null);
  return check;
}

test.each([
  ['etcd-peer', 'block', /^Secret etcd-peer-cp-2 has expired/],
  ['etcd-serving', 'block', /^Secret etcd-serving-cp-2 has expired/],
  ['etcd-serving-metrics', 'warn', /The ring does not need it$/],
])('on OpenShift, an expired Secret %s: %s', async (secret, verdict, words) => {
  expect(await expired(secret)).toMatchObject({ verdict, evidence: expect.stringMatching(words) });
});
