import { z } from 'zod';
import type { Attributes } from '../contracts.ts';

const Texts = z.array(z.string()).nullish();
const WrittenRule = z.object({
  verbs: Texts,
  apiGroups: Texts,
  resources: Texts,
  resourceNames: Texts,
  nonResourceURLs: Texts,
});

/** What a role grants. A list that is empty says nothing; `*` says everything. */
export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  /** `pods`, `pods/log`, with the subresource of any resource as `*` + `/scale`. */
  readonly resources: readonly string[];
  /** Empty: whatever its name. */
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

/** What of an {@link Attributes} a rule looks at. */
export type Wish = Omit<Attributes, 'version' | 'namespace'>;

/** Roles hardly change, and each request looks through all that are bound. */
const known = new WeakMap<object, readonly Rule[]>();

/** The rules of a stored role. What is no rule is left out. */
export function rulesOf(written: unknown): readonly Rule[] {
  if (typeof written !== 'object' || written === null) return read(written);
  const rules = known.get(written) ?? read(written);
  known.set(written, rules);
  return rules;
}

function read(written: unknown): readonly Rule[] {
  return z
    .array(WrittenRule)
    .catch([])
    .parse(written ?? [])
    .map((rule) => ({
      verbs: rule.verbs ?? [],
      apiGroups: rule.apiGroups ?? [],
      resources: rule.resources ?? [],
      resourceNames: rule.resourceNames ?? [],
      nonResourceURLs: rule.nonResourceURLs ?? [],
    }));
}

/** Whether a rule grants a wish, as RBAC decides. */
export function grants(rule: Rule, wish: Wish): boolean {
  if (!anyOf(rule.verbs, wish.verb)) return false;
  if (wish.resource === '') return rule.nonResourceURLs.some((pattern) => pathFits(pattern, wish.path));
  return (
    anyOf(rule.apiGroups, wish.group) &&
    rule.resources.some((each) => resourceFits(each, wish.resource, wish.subresource)) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(wish.name))
  );
}

function anyOf(said: readonly string[], wanted: string): boolean {
  return said.includes('*') || said.includes(wanted);
}

function resourceFits(said: string, resource: string, subresource: string): boolean {
  if (said === '*') return true;
  if (subresource === '') return said === resource;
  return said === `${resource}/${subresource}` || said === `*/${subresource}`;
}

function pathFits(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1));
}
