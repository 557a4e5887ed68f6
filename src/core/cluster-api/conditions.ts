import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { withoutSecrets } from '../secrets.ts';
import { versionOf } from './versions.ts';

/** A condition of an object of Cluster API. */
export interface CapiCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** Empty: none is given. */
  readonly reason: string;
  /** For people; empty: none is given. */
  readonly message: string;
  /** Since when, ISO; `null`: not told. */
  readonly since: string | null;
}

const Condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().default(''),
  message: z.string().default(''),
  lastTransitionTime: z.string().nullish(),
});
const Conditions = z.object({ conditions: z.array(z.unknown()).default([]) }).prefault({});
const Places = z.object({
  status: z
    .object({
      conditions: z.array(z.unknown()).default([]),
      v1beta2: Conditions,
      deprecated: z.object({ v1beta1: Conditions }).prefault({}),
    })
    .prefault({}),
});

/**
 * The conditions of an object, each type once. Both versions carry two vocabularies; the newer one wins (`status.v1beta2` in v1beta1,
 * `status.conditions` in v1beta2), the older one fills in what only it tells (`status.conditions` in v1beta1,
 * `status.deprecated.v1beta1` in v1beta2). One that is not in order is left out.
 */
export function conditionsOf(object: KubernetesObject): readonly CapiCondition[] {
  const read = Places.safeParse(object);
  if (!read.success) return [];
  const { conditions, v1beta2, deprecated } = read.data.status;
  const lists =
    versionOf(object.apiVersion) === 'v1beta1'
      ? [v1beta2.conditions, conditions]
      : [conditions, deprecated.v1beta1.conditions];
  const found = new Map<string, CapiCondition>();
  for (const raw of lists.flat()) {
    const parsed = Condition.safeParse(raw);
    if (!parsed.success || found.has(parsed.data.type)) continue;
    const { type, status, reason, message, lastTransitionTime } = parsed.data;
    found.set(type, { type, status, reason, message: withoutSecrets(message), since: lastTransitionTime ?? null });
  }
  return [...found.values()];
}

/** A condition by its type; `null`: the object has none. */
export function conditionIn(conditions: readonly CapiCondition[], type: string): CapiCondition | null {
  return conditions.find((each) => each.type === type) ?? null;
}

/** Whether a condition is there and true. */
export function isTrue(conditions: readonly CapiCondition[], type: string): boolean {
  return conditionIn(conditions, type)?.status === 'True';
}

/** A condition in words: `OwnerRemediated is False: CannotBeRemediated, KCP can't …`. One line. */
export function conditionWords({ type, status, reason, message }: CapiCondition): string {
  const why = [reason, message.replaceAll(/\s*\n\s*/g, '; ')].filter((each) => each !== '').join(', ');
  return `${type} is ${status}${why === '' ? '' : `: ${why}`}`;
}
