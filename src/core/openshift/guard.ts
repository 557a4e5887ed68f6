import { z } from 'zod';
import { type Json, JsonObject } from '../json.ts';
import type { KubernetesObject, ObjectRef, PatchOperation } from '../ports/kubernetes.ts';

/** The resource by which the etcd operator is told what to do (`operator.openshift.io/v1` Etcd `cluster`). */
export const ETCD_OPERATOR: ObjectRef = {
  apiVersion: 'operator.openshift.io/v1',
  kind: 'Etcd',
  namespace: null,
  name: 'cluster',
};

/**
 * While it is `true` the operator does not wait for quorum to be safe before it rolls out a revision.
 *
 * Source: OpenShift documentation, *Replacing an unhealthy etcd member*, "Turn off the quorum guard".
 */
export const GUARD_KEY = 'useUnsupportedUnsafeNonHANonProductionUnstableEtcd';

/** The first minor version of OpenShift 4 whose documentation turns the guard off by that key; before, there was none to turn off. [known] */
const FIRST_MINOR = 10;

/** Whether the guard is to be turned off for a replacement; `why`: this kind of cluster is not for this procedure. */
export type GuardNeed = { readonly ok: true; readonly needed: boolean } | { readonly ok: false; readonly why: string };

/**
 * Whether the operator would wait for ever with fewer than three voters.
 *
 * @param version of OpenShift, for instance `4.18.3`
 * @param topology `status.controlPlaneTopology` of Infrastructure `cluster`
 * @param votersAfter voters after the removal
 */
export function guardNeeded(version: string, topology: string, votersAfter: number): GuardNeed {
  const why = WHY_NOT[topology];
  if (why !== undefined) return { ok: false, why };
  if (topology !== 'HighlyAvailable')
    return { ok: false, why: `its control plane is of a kind unknown to Drydock (${topology || 'not told'})` };
  const minor = Number(/^4\.(\d+)\./.exec(version)?.[1] ?? Number.NaN);
  if (Number.isNaN(minor))
    return { ok: false, why: `its version is not one of OpenShift 4 (${version || 'not told'})` };
  return { ok: true, needed: minor >= FIRST_MINOR && votersAfter < 3 };
}

const WHY_NOT: Readonly<Record<string, string>> = {
  SingleReplica: 'it has one control-plane node: a member that is lost is restored, not replaced',
  DualReplica: 'it has two control-plane nodes with fencing, whose guard must not be touched',
  HighlyAvailableArbiter: 'it has an arbiter node, for which this procedure is not written',
  External: 'its control plane is hosted elsewhere',
};

const Etcd = z.object({
  spec: z.object({ unsupportedConfigOverrides: z.unknown().optional() }).prefault({}),
});

/** The guard as the operator's resource has it. */
export interface GuardReading {
  /** Turned off: the key is `true`. */
  readonly off: boolean;
  /** The value of the key; `null`: the key is not there. */
  readonly before: Json;
  /** All overrides; `null`: there are none. */
  readonly overrides: JsonObject | null;
}

/** Reads the guard; `null`: its overrides are no object, so no key of it can be set. */
export function readGuard(etcd: KubernetesObject): GuardReading | null {
  const parsed = Etcd.safeParse(etcd);
  if (!parsed.success) return null;
  const raw = parsed.data.spec.unsupportedConfigOverrides ?? null;
  if (raw === null) return { off: false, before: null, overrides: null };
  const overrides = JsonObject.safeParse(raw);
  if (!overrides.success) return null;
  const value = overrides.data[GUARD_KEY] ?? null;
  return { off: value === true, before: value, overrides: overrides.data };
}

const OVERRIDES = '/spec/unsupportedConfigOverrides';

/**
 * Turns the guard off: one key, and only on the resource as it was read. Overrides of others stay. Where there are none, the server can
 * test only the revision of the whole.
 */
export function guardOffPatch(etcd: KubernetesObject, { overrides }: GuardReading): readonly PatchOperation[] {
  if (overrides === null) {
    return [
      { op: 'test', path: '/metadata/resourceVersion', value: etcd.metadata.resourceVersion },
      { op: 'add', path: OVERRIDES, value: { [GUARD_KEY]: true } },
    ];
  }
  return [
    { op: 'test', path: OVERRIDES, value: overrides },
    { op: 'add', path: `${OVERRIDES}/${GUARD_KEY}`, value: true },
  ];
}

/**
 * Turns the guard on again: takes back our key and nothing else; `null`: it is on, or was set otherwise meanwhile.
 *
 * @param before what the key was: {@link GuardReading.before}
 */
export function guardOnPatch(
  { off, overrides }: GuardReading,
  before: GuardReading['before'],
): readonly PatchOperation[] | null {
  if (!off || overrides === null) return null;
  const path = `${OVERRIDES}/${GUARD_KEY}`;
  if (before !== null)
    return [
      { op: 'test', path, value: true },
      { op: 'replace', path, value: before },
    ];
  if (Object.keys(overrides).length === 1)
    return [
      { op: 'test', path: OVERRIDES, value: overrides },
      { op: 'remove', path: OVERRIDES },
    ];
  return [
    { op: 'test', path, value: true },
    { op: 'remove', path },
  ];
}

/** The command that turns the guard on by hand, touching nothing else. */
export const GUARD_ON_COMMAND = `oc patch etcd/cluster --type=json -p '[{"op": "remove", "path": "${OVERRIDES}/${GUARD_KEY}"}]'`;
