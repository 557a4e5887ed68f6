import { z } from 'zod';
import type { Check } from '../../plan.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';

/** Annotation of a control plane whose controller leaves CoreDNS alone. Any value counts. Source: Cluster API, `kubeadm_control_plane_types.go`. */
export const SKIP_COREDNS = 'controlplane.cluster.x-k8s.io/skip-coredns';

const Plane = z.object({
  spec: z.object({
    kubeadmConfigSpec: z
      .object({
        clusterConfiguration: z.object({ dns: z.object({ imageTag: z.string().nullish() }).nullish() }).nullish(),
      })
      .nullish(),
  }),
});

/** What a control plane wants of CoreDNS: to be left alone, to stay as it is, or a tag. */
export type WantedDns = 'skipped' | 'as-it-is' | { readonly tag: string };

/** Reads that of a KubeadmControlPlane of either version. */
export function wantedDns(plane: KubernetesObject): WantedDns {
  if (Object.hasOwn(plane.metadata.annotations ?? {}, SKIP_COREDNS)) return 'skipped';
  const tag = Plane.safeParse(plane).data?.spec.kubeadmConfigSpec?.clusterConfiguration?.dns?.imageTag ?? '';
  return tag === '' ? 'as-it-is' : { tag };
}

const ID = 'capi-coredns';

/**
 * Whether CoreDNS is moved by the control plane. It is moved behind a roll-out, by a library that knows some versions only: one that it could not
 * move shows here, because it runs another version than is wanted. Source: Cluster API, `workload_cluster_coredns.go`.
 *
 * @param running tag of its image; `null`: it could not be read
 */
export function coreDnsCheck(wanted: WantedDns, running: string | null): Check {
  if (wanted === 'skipped')
    return pass(`the control plane carries ${SKIP_COREDNS}: CoreDNS is upgraded by whoever keeps it`);
  if (wanted === 'as-it-is') return pass('the control plane names no dns.imageTag: CoreDNS stays as it is');
  if (running === null)
    return warn(`the control plane wants CoreDNS ${wanted.tag}, and which one runs could not be read`);
  if (plain(running) === plain(wanted.tag)) return pass(`CoreDNS ${running} runs, and is wanted`);
  return warn(
    `the control plane wants CoreDNS ${wanted.tag}, and ${running} runs: its controller has not moved it, which it cannot where it does not know one of the versions. Read its log, mend dns.imageTag, or take CoreDNS over (${SKIP_COREDNS})`,
  );
}

function plain(tag: string): string {
  return tag.replace(/^v/, '');
}

function pass(evidence: string): Check {
  return { id: ID, verdict: 'pass', title: 'CoreDNS is not in the way', evidence };
}

function warn(evidence: string): Check {
  return { id: ID, verdict: 'warn', title: 'CoreDNS is not the one that the control plane wants', evidence };
}
