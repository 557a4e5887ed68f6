import { z } from 'zod';
import { minorText, parseVersion } from '../kubernetes/version.ts';
import type { Check } from '../plan.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { counted, type Seen, some } from './seen.ts';
import { isKnownRange } from './tested-ranges.ts';
import { unreadCheck } from './unread.ts';

/** A program of the cluster's own, as a Deployment or DaemonSet runs it. */
export interface AddOn {
  /** `kube-proxy`, `CoreDNS`, `Calico`. */
  readonly program: string;
  /** `DaemonSet kube-system/kube-proxy`. */
  readonly object: string;
  /** Tag of its image; empty: it is named by its digest only. */
  readonly version: string;
  readonly replicas: number;
  readonly ready: number;
}

/** What is known by its image: the end of the repository's path. */
const PROGRAMS: readonly (readonly [string, string])[] = [
  ['kube-proxy', 'kube-proxy'],
  ['coredns', 'CoreDNS'],
  ['coredns/coredns', 'CoreDNS'],
  ['calico/node', 'Calico'],
  ['cilium/cilium', 'Cilium'],
  ['cilium', 'Cilium'],
  ['flannel/flannel', 'Flannel'],
  ['flannelcni/flannel', 'Flannel'],
  ['kindnetd', 'kindnet'],
  ['amazon-k8s-cni', 'Amazon VPC CNI'],
  ['kube-router', 'kube-router'],
  ['weave-kube', 'Weave Net'],
  ['antrea-agent-ubuntu', 'Antrea'],
  ['cluster-autoscaler', 'cluster-autoscaler'],
  ['karpenter/controller', 'Karpenter'],
  ['metrics-server/metrics-server', 'metrics-server'],
];

const Count = z
  .number()
  .nullish()
  .transform((count) => count ?? 0);
const Workload = z.object({
  spec: z.object({
    replicas: z.number().nullish(),
    template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string().nullish() })) }) }),
  }),
  status: z.object({ readyReplicas: Count, numberReady: Count, desiredNumberScheduled: Count }).prefault({}),
});

/** The part of an image's name before and after its tag. `registry:5000/kube-proxy:v1.30.6@sha256:…` is `registry:5000/kube-proxy` and `v1.30.6`. */
export function imageParts(image: string): { readonly name: string; readonly tag: string } {
  const [plain = ''] = image.split('@');
  const [, name = plain, tag = ''] = /^(.+?):([^:/]*)$/.exec(plain) ?? [];
  return { name, tag };
}

/** The programs that a Deployment or DaemonSet runs and that are known by their image; one that has not the shape of either is none. */
export function addOnsOf(raw: KubernetesObject): readonly AddOn[] {
  const read = Workload.safeParse(raw);
  if (!read.success) return [];
  const { spec, status } = read.data;
  const isDaemons = raw.kind === 'DaemonSet';
  const object = `${raw.kind} ${raw.metadata.namespace ?? ''}/${raw.metadata.name}`;
  const replicas = isDaemons ? status.desiredNumberScheduled : (spec.replicas ?? 1);
  const ready = isDaemons ? status.numberReady : status.readyReplicas;
  return spec.template.spec.containers.flatMap(({ image }) => {
    const { name, tag } = imageParts(image ?? '');
    const [, program] = PROGRAMS.find(([end]) => name === end || name.endsWith(`/${end}`)) ?? [];
    return program === undefined ? [] : [{ program, version: tag, object, replicas, ready }];
  });
}

/** Version of kube-proxy; `null`: there is none. */
export function proxyVersion(addOns: readonly AddOn[]): string | null {
  return (
    addOns.find(({ program, object }) => program === 'kube-proxy' && object.startsWith('DaemonSet '))?.version ?? null
  );
}

/** Programs that add and remove nodes by themselves, and are not stopped. */
export function autoscalers(addOns: readonly AddOn[]): readonly AddOn[] {
  return addOns.filter(
    ({ program, replicas }) => (program === 'cluster-autoscaler' || program === 'Karpenter') && replicas > 0,
  );
}

/** Whether somebody who adds and removes nodes fits the target and may come between. `to`: target version. */
export function autoscalerCheck(addOns: Seen<readonly AddOn[]>, to: string): Check {
  const id = 'autoscaler';
  if (!addOns.ok)
    return { id, verdict: 'warn', title: 'Autoscaler not looked at', evidence: `not looked at: ${addOns.why}` };
  const found = autoscalers(addOns.value);
  if (found.length === 0) {
    const evidence =
      'no Deployment of this cluster runs one; one that runs elsewhere, for instance beside Cluster API, is not seen from here';
    return { id, verdict: 'pass', title: 'No autoscaler seen', evidence };
  }
  const evidence = found.map((each) => autoscalerWords(each, to)).join('; ');
  return {
    id,
    verdict: 'warn',
    title: 'An autoscaler may add or remove nodes meanwhile',
    evidence: `${evidence}; stop it for the time if nodes must not come and go`,
  };
}

function autoscalerWords({ program, object, version }: AddOn, to: string): string {
  const [own, target] = [parseVersion(version), parseVersion(to)];
  const name = `${program} ${version === '' ? '(no tag)' : version} (${object})`;
  if (program !== 'cluster-autoscaler' || own === null || target === null || own.minor === target.minor) return name;
  return `${name} is made for ${minorText(own)}: after the upgrade give it ${minorText(target)}`;
}

/** What names of the cluster need to be answered. */
export interface DnsSeen {
  readonly addOns: Seen<readonly AddOn[]>;
  /** Whether there is a Service `kube-system/kube-dns`. */
  readonly service: Seen<boolean>;
}

/** Whether names are answered while a node is away: two replicas of CoreDNS that are ready. */
export function dnsCheck({ addOns, service }: DnsSeen): Check {
  const id = 'dns';
  if (!addOns.ok) {
    const right = 'list deployments and daemonsets';
    return unreadCheck({ id, what: 'CoreDNS', why: addOns.why, right, verdict: 'block' });
  }
  const first = addOns.value.find(
    ({ program, object }) => program === 'CoreDNS' && object.startsWith('Deployment kube-system/'),
  );
  if (first === undefined) return noDns(id, service);
  const { object, replicas, ready } = first;
  const seen = `${object}: ${ready} of ${counted(replicas, 'replica')} ready`;
  if (ready >= 2) return { id, verdict: 'pass', title: 'Names are answered while a node is away', evidence: seen };
  if (replicas < 2) {
    const evidence = `${seen}: while its node is away nothing answers names; scale it to 2 first`;
    return { id, verdict: 'block', title: 'CoreDNS has too few replicas', evidence };
  }
  return {
    id,
    verdict: 'block',
    title: 'CoreDNS is not well',
    evidence: `${seen}; 2 must be, so that names are answered while a node is away`,
  };
}

function noDns(id: string, service: Seen<boolean>): Check {
  if (service.ok && !service.value) {
    return {
      id,
      verdict: 'pass',
      title: 'No DNS of the cluster',
      evidence: 'there is no Service kube-system/kube-dns',
    };
  }
  const what = 'DNS of the cluster';
  if (!service.ok) {
    const right = 'get the Service kube-system/kube-dns';
    return unreadCheck({ id, what, why: service.why, right, verdict: 'block' });
  }
  const why = 'no Deployment in kube-system runs CoreDNS, and something else answers the Service kube-dns';
  return { id, verdict: 'warn', title: `${what} not looked at`, evidence: `not looked at: ${why}` };
}

/** Programs whose versions were not judged, as a note; `null`: there are none. */
export function unjudgedNote(addOns: readonly AddOn[], to: string): string | null {
  const judged = new Set(['kube-proxy', 'cluster-autoscaler']);
  const names = addOns
    .filter((addOn) => !judged.has(addOn.program) && !isKnownRange(addOn))
    .map(({ program, version }) => `${program} ${version === '' ? '(no tag)' : version}`);
  const each = [...new Set(names)].toSorted();
  if (each.length === 0) return null;
  const [go, their] = each.length === 1 ? ['goes', 'its'] : ['go', 'their'];
  return `Not judged: how ${some(each, 8)} ${go} with ${to}. Compare with the tables of ${their} makers.`;
}
