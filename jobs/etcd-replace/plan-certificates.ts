import { type CertificateSeen, certificatesCheck, NOT_AFTER } from '../../src/core/etcd/diagnosis/certificates.ts';
import type { Diagnosed, Diagnosis } from '../../src/core/etcd/diagnosis/evidence.ts';
import type { Check } from '../../src/core/plan.ts';
import type { EtcdMember, EtcdPort } from '../../src/core/ports/etcd.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import { parseTime } from '../../src/core/time.ts';
import type { ReplacePlanContext } from './case-plan.ts';

const CALL_MS = 10_000;
const NAMESPACE = 'openshift-etcd';
/** Secrets of OpenShift with the certificates of one node's member. */
const OF_NODE = ['etcd-peer', 'etcd-serving'] as const;
/** The one of the metrics' proxy beside it, that the ring does not go through. */
const OF_METRICS = 'etcd-serving-metrics';

/** When the certificates of the other members end, as far as it can be read without any Secret's data. Reads only; nothing where nobody speaks TLS. */
export async function planCertificates(
  context: Pick<ReplacePlanContext, 'cluster' | 'signal' | 'nowMs'> & {
    readonly ports: {
      readonly etcd: Pick<EtcdPort, 'certificateEnd'>;
      readonly kubernetes: Pick<KubernetesPort, 'list'>;
    };
  },
  { members }: Pick<Diagnosis, 'members'>,
  target: Diagnosed | null,
): Promise<readonly Check[]> {
  const { cluster, ports, signal } = context;
  const others = members.filter((each) => each !== target && each.member.started);
  const secure = others.filter(({ member }) => speaksTls(member.member));
  if (secure.length === 0) return [];
  const [shown, kept] = await Promise.all([
    Promise.all(secure.map(async ({ member }) => await seeCertificate(ports.etcd, member, signal))),
    cluster.platform === 'openshift' ? readSecrets(ports.kubernetes, others, signal) : [],
  ]);
  return [certificatesCheck([...shown, ...kept], context.nowMs())];
}

/** Whether clients speak to it by TLS. */
export function speaksTls({ clientUrls }: Pick<EtcdMember, 'clientUrls'>): boolean {
  return clientUrls.some((url) => url.startsWith('https:'));
}

/** The certificate that one member shows to clients. */
export async function seeCertificate(
  etcd: Pick<EtcdPort, 'certificateEnd'>,
  { member, label }: Pick<Diagnosed['member'], 'member' | 'label'>,
  signal: AbortSignal,
): Promise<CertificateSeen> {
  const end = await etcd.certificateEnd(member, { timeoutMs: CALL_MS, signal });
  if (!end.ok) return { of: label, end: null, why: end.error.message };
  return { of: label, end: end.value, why: end.value === null ? 'this way of access does not show it' : '' };
}

/** By the annotations of the Secrets; their data are not asked for. */
async function readSecrets(
  kubernetes: Pick<KubernetesPort, 'list'>,
  others: readonly Diagnosed[],
  signal: AbortSignal,
): Promise<readonly CertificateSeen[]> {
  const query = { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE };
  const listed = await kubernetes.list(query, { timeoutMs: CALL_MS, signal, metadataOnly: true });
  if (!listed.ok) return [{ of: `Secrets in ${NAMESPACE}`, end: null, why: listed.error.message }];
  const nodes = others.map(({ place }) => place.node ?? '');
  const ring = new Set(nodes.flatMap((node) => OF_NODE.map((what) => `${what}-${node}`)));
  const metrics = new Set(nodes.map((node) => `${OF_METRICS}-${node}`));
  return listed.value.items.flatMap(({ metadata }): readonly CertificateSeen[] => {
    const beside = metrics.has(metadata.name) && !ring.has(metadata.name);
    if (!beside && !ring.has(metadata.name)) return [];
    const end = metadata.annotations?.[NOT_AFTER] ?? '';
    const of = `Secret ${metadata.name}`;
    return parseTime(end) === 0
      ? [{ of, end: null, why: 'it does not say when its certificate ends' }]
      : [{ of, end, why: '', beside }];
  });
}
