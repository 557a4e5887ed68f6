import type { DrainView } from '../../../src/core/drain/view.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { KubernetesResult, ObjectList } from '../../../src/core/ports/kubernetes.ts';
import { capacityOf } from '../../../src/core/preflight/capacity.ts';
import { capacityCheck } from '../../../src/core/preflight/capacity-check.ts';
import {
  type RoomNode,
  type RoomPod,
  readRoomNode,
  readRoomPod,
  volumePlaces,
} from '../../../src/core/preflight/capacity-view.ts';
import type { PlanContext } from '../../../src/core/runbook.ts';
import type { Beside } from './read-drain-view.ts';

/** Takes what a look reads beside the rest, page by page, and judges whether there is room for what moves. */
export interface RoomCheck extends Beside {
  /** `comeBack`: so many go at once, and others come in their place before the next ones go; else all of them are away in the end. */
  judge(
    view: DrainView,
    leaving: readonly string[],
    turn: { readonly atOnce: number; readonly comeBack: boolean },
  ): Promise<Check>;
}

const CALL_MS = 10_000;

/** Whether the pods of nodes that leave have room on the others. */
export function roomCheck({ ports, signal }: PlanContext<'kubernetes'>): RoomCheck {
  const nodes: RoomNode[] = [];
  const pods: RoomPod[] = [];
  const listAll = async (kind: string): Promise<KubernetesResult<ObjectList>> =>
    await ports.kubernetes.list({ apiVersion: 'v1', kind, namespace: null }, { timeoutMs: CALL_MS, signal });
  return {
    node(object, node) {
      nodes.push(readRoomNode(object, node));
    },
    pod(object, pod) {
      pods.push(readRoomPod(object, pod));
    },
    anew() {
      pods.length = 0;
    },
    judge: async (view, leaving, { atOnce, comeBack }) => {
      const hasClaims = pods.some(({ node, claims }) => leaving.includes(node) && claims.length > 0);
      const [claims, volumes] = hasClaims
        ? await Promise.all([listAll('PersistentVolumeClaim'), listAll('PersistentVolume')])
        : [null, null];
      const failed = [claims, volumes].find((listed) => listed?.ok === false);
      const places =
        claims?.ok === true && volumes?.ok === true ? volumePlaces(claims.value.items, volumes.value.items) : null;
      const finding = capacityOf(
        { nodes, pods, volumes: places },
        { leaving, atOnce, surge: 0, returns: comeBack, waits: false },
      );
      const volumesUnseen = failed?.ok === false ? failed.error.message : null;
      return capacityCheck(finding, { autoscaler: hasAutoscaler(view), volumesUnseen });
    },
  };
}

/** Whether something adds nodes when pods wait. */
function hasAutoscaler({ workloads }: DrainView): boolean {
  return workloads.some(({ kind, name, ready }) => {
    return kind === 'Deployment' && /(?:^|-)cluster-autoscaler(?:-|$)|^karpenter$/.test(name) && (ready ?? 0) > 0;
  });
}
