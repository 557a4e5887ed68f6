import { z } from 'zod';

const Requirement = z.object({
  key: z.string(),
  operator: z.string(),
  values: z
    .array(z.string())
    .nullish()
    .transform((values) => values ?? []),
});

/** A selector of labels as objects carry it: all of it must fit. */
export const LabelSelector = z.object({
  matchLabels: z
    .record(z.string(), z.string())
    .nullish()
    .transform((labels) => labels ?? {}),
  matchExpressions: z
    .array(Requirement)
    .nullish()
    .transform((expressions) => expressions ?? []),
});
export type LabelSelector = z.infer<typeof LabelSelector>;

/** Labels of an object. */
export type Labels = Readonly<Record<string, string>>;

/** Whether a selector says nothing: it has no term. */
export function isEmptySelector({ matchLabels, matchExpressions }: LabelSelector): boolean {
  return matchExpressions.length === 0 && Object.keys(matchLabels).length === 0;
}

/**
 * Whether a selector fits these labels. An empty one fits everything; one with an operator that is not known fits nothing.
 *
 * Source: apimachinery `LabelSelectorAsSelector` and `labels.Requirement.Matches`: `NotIn` also fits what has no such label.
 */
export function selects({ matchLabels, matchExpressions }: LabelSelector, labels: Labels): boolean {
  for (const key in matchLabels) if (labelOf(labels, key) !== matchLabels[key]) return false;
  return matchExpressions.every((requirement) => fits(requirement, labelOf(labels, requirement.key)));
}

function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function fits({ operator, values }: z.infer<typeof Requirement>, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

/** A selector in the short form that kubectl takes: `app=web,tier in (a,b),!old`; empty: it says nothing. */
export function selectorWords({ matchLabels, matchExpressions }: LabelSelector): string {
  const equal = Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
  return [...equal, ...matchExpressions.map(requirementWords).toSorted()].join(',');
}

function requirementWords({ key, operator, values }: z.infer<typeof Requirement>): string {
  const list = values.toSorted().join(',');
  switch (operator) {
    case 'In':
      return `${key} in (${list})`;
    case 'NotIn':
      return `${key} notin (${list})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return `${key} ${operator} (${list})`;
  }
}
