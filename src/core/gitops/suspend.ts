import { z } from 'zod';
import { Json, type JsonObject, sameJson } from '../json.ts';
import type { KubernetesObject, ObjectRef } from '../ports/kubernetes.ts';
import { Suspension } from './finding.ts';
import { patchCommand } from './patch-file.ts';
import { valueAt } from './patch-words.ts';

/** Says on an Application or a Kustomization which run suspended it. */
export const SUSPENDED_BY = 'drydock.dev/gitops-suspended-by';

/** A field that a plan changes, with what it was and what it becomes. */
export const PatchedField = z.strictObject({ path: z.array(z.string()).min(1), before: Json, after: Json });
export type PatchedField = z.infer<typeof PatchedField>;

/** An object that a plan changes while those who keep it are suspended. */
export const PatchedObject = z.strictObject({
  cluster: z.enum(['management', 'workload']),
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  namespace: z.string().nullable(),
  name: z.string().min(1),
  uid: z.string().min(1),
  fields: z.array(PatchedField).min(1),
});
export type PatchedObject = z.infer<typeof PatchedObject>;

/** Somebody who is suspended, and the objects of the plan that it keeps. */
export const Suspended = z.strictObject({ suspension: Suspension, objects: z.array(PatchedObject).min(1) });
export type Suspended = z.infer<typeof Suspended>;

/** Where the object of a suspension is. */
export function refOf({ apiVersion, kind, namespace, name }: Suspension): ObjectRef {
  return { apiVersion, kind, namespace, name };
}

const PLACE = { argo: ['spec', 'syncPolicy', 'automated'], flux: ['spec', 'suspend'] } as const;

/** How it stands with one that is to be suspended, or was. */
export type SuspendState =
  /** As it was when the plan was made. */
  | 'follows'
  /** Suspended by this run. */
  | 'ours'
  /** Suspended by somebody else. */
  | 'off'
  /** It follows Git in another way than when the plan was made. */
  | 'changed'
  /** Another object of the name, or none. */
  | 'gone';

/** Looks at it. */
export function suspendState(suspension: Suspension, object: KubernetesObject | null, run: string): SuspendState {
  if (object === null || object.metadata.uid !== suspension.uid) return 'gone';
  const now = valueAt(object, PLACE[suspension.way]) ?? null;
  const isOff = suspension.way === 'argo' ? now === null : now === true;
  if (isOff) return object.metadata.annotations?.[SUSPENDED_BY] === run ? 'ours' : 'off';
  return sameJson(now, suspension.before) ? 'follows' : 'changed';
}

/** The merge patch that suspends. */
export function suspendPatch({ way }: Suspension, run: string): JsonObject {
  return { metadata: { annotations: { [SUSPENDED_BY]: run } }, spec: SUSPENDED[way] };
}

const SUSPENDED = { argo: { syncPolicy: { automated: null } }, flux: { suspend: true } } as const;

/** The merge patch that puts back what was there, and takes the mark away. */
export function resumePatch({ way, before }: Suspension): JsonObject {
  const spec = way === 'argo' ? { syncPolicy: { automated: before } } : { suspend: before };
  return { metadata: { annotations: { [SUSPENDED_BY]: null } }, spec };
}

/** What ends a suspension by hand. */
export function resumeCommand(suspension: Suspension): string {
  return patchCommand(refOf(suspension), resumePatch(suspension));
}

/** Fields of an object that are not what they are said to be: `spec.version is v1.31.4, not v1.30.6`. `null`: another object of the name, or none. */
export function differences(
  { uid, fields }: PatchedObject,
  object: KubernetesObject | null,
  said: 'before' | 'after',
): readonly string[] | null {
  if (object === null || object.metadata.uid !== uid) return null;
  return fields.flatMap((field) => {
    const now = valueAt(object, field.path) ?? null;
    return sameJson(now, field[said]) ? [] : [`${field.path.join('.')} is ${words(now)}, not ${words(field[said])}`];
  });
}

function words(value: Json): string {
  return value === null ? 'not there' : typeof value === 'string' ? value : JSON.stringify(value);
}
