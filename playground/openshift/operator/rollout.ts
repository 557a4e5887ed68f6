/** Where a node stands on its way to the newest revision, as `status.nodeStatuses` says it. */
export interface NodeRevision {
  readonly nodeName: string;
  readonly currentRevision: number;
  /** 0: nothing is being installed. */
  readonly targetRevision: number;
}

/** What is known of a node's etcd pod. */
export interface PodState {
  /** 0: there is none. */
  readonly revision: number;
  readonly isReady: boolean;
}

/** What the installer needs to decide. */
export interface RolloutView {
  readonly statuses: readonly NodeRevision[];
  readonly latest: number;
  pod(node: string): PodState;
  isNodeReady(node: string): boolean;
}

/** What comes next: statuses to store, and the node to install the newest revision on. */
export interface RolloutStep {
  readonly statuses: readonly NodeRevision[];
  readonly install: string | null;
}

/**
 * One node at a time: a node whose pod is there and ready at its target has arrived; only then comes the next. Nodes without a pod come first,
 * then those whose pod is not ready, then the one that is furthest behind. Nodes that are not ready have nobody to install.
 *
 * Source: library-go's static pod installer controller, retold.
 */
export function nextRollout(view: RolloutView): RolloutStep {
  const statuses = view.statuses.map((each) => {
    const pod = view.pod(each.nodeName);
    const hasArrived = each.targetRevision > 0 && pod.isReady && pod.revision === each.targetRevision;
    return hasArrived ? { ...each, currentRevision: each.targetRevision, targetRevision: 0 } : each;
  });
  const going = statuses.find(({ targetRevision }) => targetRevision > 0);
  // A newer revision replaces the one that is being installed.
  const node =
    going === undefined ? chosen(view, statuses) : going.targetRevision < view.latest ? going.nodeName : null;
  if (node === null) return { statuses, install: null };
  return {
    statuses: statuses.map((each) => (each.nodeName === node ? aimed(each, view.latest) : each)),
    install: node,
  };
}

function aimed({ nodeName, currentRevision }: NodeRevision, targetRevision: number): NodeRevision {
  return { nodeName, currentRevision, targetRevision };
}

function chosen(view: RolloutView, statuses: readonly NodeRevision[]): string | null {
  const behind = statuses.filter(
    ({ nodeName, currentRevision }) => currentRevision < view.latest && view.isNodeReady(nodeName),
  );
  const first = behind.toSorted(
    (a, b) =>
      orderOf(view.pod(a.nodeName)) - orderOf(view.pod(b.nodeName)) ||
      a.currentRevision - b.currentRevision ||
      a.nodeName.localeCompare(b.nodeName),
  )[0];
  return first?.nodeName ?? null;
}

function orderOf({ revision, isReady }: PodState): number {
  if (revision === 0) return 0;
  return isReady ? 2 : 1;
}
