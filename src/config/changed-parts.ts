import type { Json } from '../core/json.ts';
import { formatSpan } from '../core/time.ts';
import type { Config } from './config.ts';
import { type PolicyConfig, windowsOf } from './to-core.ts';

/** Names of the parts that differ and that a running process does not take over, as the file has them: `clusters.prod`, `redis`. */
export function partsForRestart(before: Config, after: Config): readonly string[] {
  const names = [...new Set([...before.clusters, ...after.clusters].map((cluster) => cluster.name))];
  const clusters = names
    .filter((name) => !same(clusterOf(before, name), clusterOf(after, name)))
    .map((name) => `clusters.${name}`);
  // The order of clusters is that of lists; it changes nothing else.
  const rest = Object.keys({ ...after, ...before })
    .filter((part) => !POLICY_PARTS.has(part) && part !== 'clusters' && part !== 'file')
    .filter((part) => !same(Reflect.get(before, part), Reflect.get(after, part)));
  return [...clusters, ...rest];
}

const POLICY_PARTS: ReadonlySet<string> = new Set([
  'roles',
  'rules',
  'defaultApprovals',
  'longestStandingMs',
] satisfies (keyof PolicyConfig)[]);

/** A cluster without its windows, which a running process does take over. */
function clusterOf(config: Config, name: string): unknown {
  const cluster = config.clusters.find((each) => each.name === name);
  return cluster === undefined ? null : { ...cluster, windows: null };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The policy of a configuration as data, for its digest, with the windows of clusters that have any. */
export function policyData({ roles, rules, defaultApprovals, longestStandingMs, clusters = [] }: PolicyConfig): Json {
  const open = clusters.filter((each) => each.windows.length > 0).map(({ name, windows }) => ({ name, windows }));
  const windows = open.length === 0 ? undefined : open.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  // Nothing but data: this drops what is undefined.
  const data: Json = JSON.parse(JSON.stringify({ roles, rules, defaultApprovals, longestStandingMs, windows }));
  return data;
}

/** Lines of a summary at most. */
const MOST_LINES = 20;

/** What changed between two policies, a line each, without the policies themselves. */
export function policyChanges(before: PolicyConfig, after: PolicyConfig): readonly string[] {
  const lines = [...windowChanges(before, after), ...roleChanges(before, after), ...ruleChanges(before, after)];
  if (!same(before.defaultApprovals, after.defaultApprovals)) lines.push('The default approvals changed.');
  if (before.longestStandingMs !== after.longestStandingMs)
    lines.push('The longest time of a standing approval changed.');
  const more = lines.length - MOST_LINES;
  return more > 0 ? [...lines.slice(0, MOST_LINES), `… and ${more} more changes.`] : lines;
}

/** Windows in words: when a cluster may be changed is what people ask first. */
function windowChanges(before: PolicyConfig, after: PolicyConfig): string[] {
  return (after.clusters ?? []).flatMap(({ name, windows }) => {
    if (same(windowsOf(before, name), windows)) return [];
    if (windows.length === 0) return [`${name} has no maintenance window any more: it may be changed at any time.`];
    const told = windows.map((each) => `${each.cron} ${each.tz} for ${formatSpan(each.durationMs)}`);
    return [`${name} may be changed only in its maintenance windows now: ${told.join('; ')}.`];
  });
}

function roleChanges(before: PolicyConfig, after: PolicyConfig): string[] {
  const names = [...new Set([...before.roles, ...after.roles].map((role) => role.name))];
  return names.flatMap((name) => {
    const old = before.roles.find((role) => role.name === name);
    const now = after.roles.find((role) => role.name === name);
    if (old === undefined) return [`Role ${name} was added: ${listed(now)}.`];
    if (now === undefined) return [`Role ${name} was removed.`];
    const came = [...now.users, ...now.groups].filter((each) => ![...old.users, ...old.groups].includes(each));
    const went = [...old.users, ...old.groups].filter((each) => ![...now.users, ...now.groups].includes(each));
    if (came.length === 0 && went.length === 0) return [];
    const parts = [
      ...(came.length === 0 ? [] : [`with ${came.join(', ')}`]),
      ...(went.length === 0 ? [] : [`without ${went.join(', ')}`]),
    ];
    return [`Role ${name} is now ${parts.join(' and ')}.`];
  });
}

function listed(role: PolicyConfig['roles'][number] | undefined): string {
  const people = [...(role?.users ?? []), ...(role?.groups ?? [])];
  return people.length === 0 ? 'nobody' : people.join(', ');
}

function ruleChanges(before: PolicyConfig, after: PolicyConfig): string[] {
  const old = before.rules.map((rule) => JSON.stringify(rule));
  const now = after.rules.map((rule) => JSON.stringify(rule));
  if (same(old, now)) return [];
  const gone = old.flatMap((rule, index) => (now.includes(rule) ? [] : [index + 1]));
  const added = now.flatMap((rule, index) => (old.includes(rule) ? [] : [index + 1]));
  const lines = [
    ...(gone.length === 0 ? [] : [`Of the ${old.length} rules before, these are no more: ${gone.join(', ')}.`]),
    ...(added.length === 0 ? [] : [`Of the ${now.length} rules now, these are new: ${added.join(', ')}.`]),
  ];
  return lines.length === 0 ? ['The order of the rules changed.'] : lines;
}
