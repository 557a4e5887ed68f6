import { type ListedMember, throughAny } from '../../etcd-membership.ts';
import type { ClusterNode, PlaygroundCluster } from '../../kubernetes/cluster.ts';

/** A member as the operator sees it. */
export interface SeenMember extends ListedMember {
  /** It started, and a linearizable read through it works. A learner that runs counts as healthy. */
  readonly healthy: boolean;
  /** Host of its peer URL. */
  readonly address: string;
}

/** The ring as the operator sees it. */
export interface RingView {
  /** `null`: no member answers with the list. */
  look(): Promise<readonly SeenMember[] | null>;
  /** Does something through a member that answers. @throws Error with etcd's words. */
  through: PlaygroundRing['through'];
}

interface PlaygroundRing {
  through<T>(act: Parameters<typeof throughAny<T>>[2]): Promise<T>;
}

/** Looks through the members that the API server uses; the one that answered last is asked first. */
export function viewRing(cluster: PlaygroundCluster): RingView {
  const { tls } = cluster.etcd;
  /** Healthy ones first: a frozen one takes its whole deadline. */
  async function ordered(): Promise<readonly string[]> {
    const nodes = cluster.nodes.filter(({ clientUrl }) => cluster.etcd.endpoints.includes(clientUrl));
    const marked = await Promise.all(
      nodes.map(async (node) => ({ url: node.clientUrl, order: (await node.etcd.healthy()) ? 0 : 1 })),
    );
    return marked.toSorted((a, b) => a.order - b.order).map(({ url }) => url);
  }
  return {
    async look() {
      try {
        const members = await throughAny(await ordered(), tls, (ring) => ring.list());
        return await Promise.all(members.map((member) => seen(cluster, member)));
      } catch {
        return null;
      }
    },
    through: async (act) => throughAny(await ordered(), tls, act),
  };
}

async function seen(cluster: PlaygroundCluster, member: ListedMember): Promise<SeenMember> {
  const peer = member.peerUrls[0] ?? '';
  const node = cluster.nodes.find((each) => each.peerUrl === peer);
  const healthy = member.name !== '' && node !== undefined && (await isHealthy(node, member.isLearner));
  return { ...member, healthy, address: peer === '' ? '' : new URL(peer).hostname };
}

async function isHealthy(node: ClusterNode, isLearner: boolean): Promise<boolean> {
  return isLearner ? node.etcd.pid() !== undefined : node.etcd.healthy();
}
