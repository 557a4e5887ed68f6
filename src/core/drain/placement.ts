import { z } from 'zod';
import { type LabelSelector, type Labels, selects } from '../kubernetes/label-selector.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

/** A taint of a node. */
export const Taint = z.object({ key: z.string(), value: text, effect: text });
export type Taint = z.infer<typeof Taint>;

const Toleration = z.object({ key: text, operator: text, value: text, effect: text });

const Expression = z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() });
const Term = z.object({ matchExpressions: z.array(Expression).nullish(), matchFields: z.array(Expression).nullish() });

/** Where a pod may run, as its spec says. Volumes, other pods and room are not part of it. */
export const Placement = z.object({
  nodeSelector: z.record(z.string(), z.string()).nullish(),
  tolerations: z.array(Toleration).nullish(),
  affinity: z
    .object({
      nodeAffinity: z
        .object({
          requiredDuringSchedulingIgnoredDuringExecution: z.object({ nodeSelectorTerms: z.array(Term) }).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});
export type Placement = z.infer<typeof Placement>;

/** Taint of a cordoned node. */
const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' } as const;

/** What of a node decides who may run on it. */
export interface Place {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
}

/**
 * Whether a pod may be placed on a node that is not cordoned: its node selector, the affinity that it requires, and the taints that keep pods
 * away. The taint of a cordon does not count: it stays a moment longer than the cordon.
 *
 * Source: kube-scheduler, plugins NodeAffinity and TaintToleration.
 */
export function mayRunOn(placement: Placement, place: Place): boolean {
  return (
    wants(placement, place) &&
    place.taints.every((taint) => taint.key === UNSCHEDULABLE.key || tolerates(placement, taint))
  );
}

/** Whether a cordon does not keep it away: evicted, it may come back to the same node. */
export function toleratesCordon(placement: Placement): boolean {
  return tolerates(placement, UNSCHEDULABLE);
}

function wants({ nodeSelector, affinity }: Placement, place: Place): boolean {
  const terms = requiredTerms(affinity);
  const selector: LabelSelector = { matchLabels: nodeSelector ?? {}, matchExpressions: [] };
  return selects(selector, place.labels) && (terms === null || terms.some((term) => termFits(term, place)));
}

function requiredTerms(affinity: Placement['affinity']): readonly z.infer<typeof Term>[] | null {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? null;
}

/** A term without anything in it fits nothing. */
function termFits({ matchExpressions, matchFields }: z.infer<typeof Term>, { labels, name }: Place): boolean {
  const [byLabel, byField] = [matchExpressions ?? [], matchFields ?? []];
  if (byLabel.length + byField.length === 0) return false;
  return (
    byLabel.every((expression) => expressionFits(expression, labels)) &&
    byField.every((expression) => expressionFits(expression, { 'metadata.name': name }))
  );
}

function expressionFits({ key, operator, values }: z.infer<typeof Expression>, labels: Labels): boolean {
  if (operator !== 'Gt' && operator !== 'Lt') {
    return selects({ matchLabels: {}, matchExpressions: [{ key, operator, values: values ?? [] }] }, labels);
  }
  const [is, limit] = [Number(labels[key] ?? Number.NaN), Number(values?.[0] ?? Number.NaN)];
  return operator === 'Gt' ? is > limit : is < limit;
}

/** `PreferNoSchedule` keeps nothing away. */
function tolerates({ tolerations }: Placement, taint: Taint): boolean {
  if (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') return true;
  return (tolerations ?? []).some(({ key, operator, value, effect }) => {
    if (effect !== '' && effect !== taint.effect) return false;
    if (key === '') return operator === 'Exists';
    return key === taint.key && (operator === 'Exists' || value === taint.value);
  });
}
