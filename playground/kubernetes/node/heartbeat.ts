import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Fields } from '../contracts.ts';
import { identityOf, isDone, type NodeApi } from './node-api.ts';
import { type NodeFacts, nodeLease, nodeObject, nodeStatus } from './node-object.ts';

/** Keeps the Node object and its lease, until the signal. */
export interface Heartbeat {
  /** uid of the Node object; undefined until it is registered. */
  nodeUid(): string | undefined;
  readonly done: Promise<void>;
}

const LEASE_EVERY_MS = 10_000;
const STATUS_EVERY_MS = 300_000;

const NodeBody = z.looseObject({
  metadata: z.looseObject({ uid: z.string() }),
  status: z
    .looseObject({ conditions: z.array(z.record(z.string(), z.unknown())).default([]) })
    .default({ conditions: [] }),
});

/** Starts the node's heartbeats: lease every 10 s, status when it differs or every 5 min; `pace` scales both. */
export function startHeartbeat(
  api: NodeApi,
  facts: NodeFacts,
  pace: number,
  signal: AbortSignal,
  onRegistered: () => void,
): Heartbeat {
  let uid: string | undefined;
  let lastStatus = Number.NEGATIVE_INFINITY;
  const { name } = facts.place;

  async function keepNode(): Promise<void> {
    const found = await api.call('GET', `/api/v1/nodes/${name}`);
    // It may have waited for longer than its machine is there: a node that was deleted meanwhile stays so.
    if (signal.aborted) return;
    if (found.status === 404) {
      const made = await api.call('POST', '/api/v1/nodes', nodeObject(facts, new Date()));
      // What a client sends as status on a create may be dropped: it is sent again below.
      lastStatus = Number.NEGATIVE_INFINITY;
      if (isDone(made)) await sendStatus(made.body);
    } else if (isDone(found)) await sendStatus(found.body);
  }
  async function sendStatus(body: unknown): Promise<void> {
    const node = NodeBody.safeParse(body);
    if (!node.success) return;
    const isNew = uid !== node.data.metadata.uid;
    uid = node.data.metadata.uid;
    if (isNew) onRegistered();
    const before = node.data.status.conditions;
    const status = nodeStatus(facts, before, new Date());
    if (!differs(before, status) && performance.now() - lastStatus < STATUS_EVERY_MS * pace) return;
    if (isDone(await api.patchStatus(`/api/v1/nodes/${name}`, uid, status))) lastStatus = performance.now();
  }
  async function keepLease(): Promise<boolean> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases`;
    const found = await api.call('GET', `${path}/${name}`);
    const lease = nodeLease(name, uid ?? '', new Date());
    if (found.status === 404) return isDone(await api.call('POST', path, lease));
    if (!isDone(found)) return false;
    const { resourceVersion, uid: leaseUid } = identityOf(found.body);
    const metadata = { ...lease.metadata, resourceVersion, uid: leaseUid };
    return isDone(await api.call('PUT', `${path}/${name}`, { ...lease, metadata }));
  }
  async function beat(): Promise<void> {
    while (!signal.aborted) {
      await keepNode();
      const kept = uid !== undefined && (await keepLease());
      await pause(kept ? LEASE_EVERY_MS * pace : 500, signal);
    }
  }
  return { nodeUid: () => uid, done: beat() };
}

/** Waits, or less when the signal comes. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal, ref: false });
  } catch {
    // The signal: whoever waits looks at it.
  }
}

function differs(before: readonly Fields[], status: Fields): boolean {
  const wanted = status['conditions'];
  if (!Array.isArray(wanted)) return true;
  return wanted.some(
    (one: Fields) => !before.some((each) => each['type'] === one['type'] && each['status'] === one['status']),
  );
}
