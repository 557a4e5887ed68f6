import type { Rule } from './rules.ts';

/** One right: every list has at most one element. */
type Right = Rule;

/** The rights among `wanted` that `held` does not cover, as rules that belong together. */
export function missingRights(held: readonly Rule[], wanted: readonly Rule[]): readonly Rule[] {
  const missing = wanted.flatMap(rightsOf).filter((right) => !held.some((rule) => covers(rule, right)));
  return compact(missing);
}

/** A rule as single rights: one verb on one resource of one group with one name, or one verb on one path. */
function rightsOf(rule: Rule): readonly Right[] {
  const names = rule.resourceNames.length === 0 ? [[]] : rule.resourceNames.map((name) => [name]);
  const onResources = rule.apiGroups.flatMap((group) =>
    rule.resources.flatMap((resource) =>
      rule.verbs.flatMap((verb) =>
        names.map((resourceNames) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          resourceNames,
          nonResourceURLs: [],
        })),
      ),
    ),
  );
  const onPaths = rule.nonResourceURLs.flatMap((path) =>
    rule.verbs.map((verb) => ({
      verbs: [verb],
      apiGroups: [],
      resources: [],
      resourceNames: [],
      nonResourceURLs: [path],
    })),
  );
  return [...onResources, ...onPaths];
}

function covers(rule: Rule, right: Right): boolean {
  if (!all(rule.verbs, right.verbs)) return false;
  if (right.nonResourceURLs.length > 0)
    return right.nonResourceURLs.every((path) => rule.nonResourceURLs.some((pattern) => pathCovered(pattern, path)));
  const named =
    rule.resourceNames.length === 0 ||
    (right.resourceNames.length > 0 && right.resourceNames.every((name) => rule.resourceNames.includes(name)));
  const resources = right.resources.every((resource) =>
    rule.resources.some((each) => each === '*' || each === resource || each === `*/${resource.split('/')[1] ?? ''}`),
  );
  return named && resources && all(rule.apiGroups, right.apiGroups);
}

function all(said: readonly string[], wanted: readonly string[]): boolean {
  return said.includes('*') || wanted.every((each) => said.includes(each));
}

function pathCovered(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1));
}

/** Puts the verbs of the same resource or path together. */
function compact(rights: readonly Right[]): readonly Rule[] {
  const byTarget = new Map<string, Rule>();
  for (const right of rights) {
    const { verbs, ...target } = right;
    const key = JSON.stringify(target);
    const before = byTarget.get(key);
    byTarget.set(key, { ...right, verbs: [...new Set([...(before?.verbs ?? []), ...verbs])] });
  }
  return [...byTarget.values()];
}

const SHOWN = [
  ['APIGroups', 'apiGroups'],
  ['Resources', 'resources'],
  ['NonResourceURLs', 'nonResourceURLs'],
  ['ResourceNames', 'resourceNames'],
  ['Verbs', 'verbs'],
] as const;

/** A rule in the words of a refusal: `{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`. */
export function describedRule(rule: Rule): string {
  const parts = SHOWN.filter(([, field]) => rule[field].length > 0).map(
    ([name, field]) => `${name}:${quotedList(rule[field])}`,
  );
  return `{${parts.join(', ')}}`;
}

/** `["a" "b"]`: how the server writes a list of texts. */
export function quotedList(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;
}
