import { joiningSettings } from '../../../src/core/etcd/environment-file.ts';
import { ringHostCommands } from '../../../src/core/etcd/host-commands.ts';
import { hostOf } from '../../../src/core/etcd/peer-url.ts';
import type { Check } from '../../../src/core/plan.ts';
import { formatSpan } from '../../../src/core/time.ts';
import type { CaseBasis, CaseEntry, CaseLine, CasePart, CasePlan, LineGate, ReplacePlanContext } from '../case-plan.ts';
import { fenceGate } from '../gates.ts';
import { hostBuiltWatch } from '../host-built-watch.ts';
import {
  addLine,
  asideLine,
  basisWords,
  behind,
  moveLeaderLines,
  promoteLine,
  removalGates,
  removalLines,
  startLine,
  stopLine,
  targetOf,
} from '../lines.ts';
import type { HostRef } from '../machine.ts';
import { enableUnitCleanup } from './enable-unit.ts';
import { lookAtHost } from './look-at-host.ts';
import { type NewPlace, newPlace } from './new-place.ts';

/** On the same host, through the configured access. */
const ringPlace: CaseEntry = { id: 'ring-place', watches: true, plan: planPlace };
/** A person builds the host. */
const ringHost: CaseEntry = { id: 'ring-host', watches: true, plan: planHost };

/** What bare rings bring to replacements. */
export const bare: CasePart = {
  cases: [ringPlace, ringHost],
  steps: [],
  cleanups: [enableUnitCleanup],
  watches: [hostBuiltWatch],
};

/** A plan that ends at a check. */
export function blocked(check: Omit<Check, 'verdict'>): CasePlan {
  return { lines: [], checks: [{ ...check, verdict: 'block' }], facts: {}, notes: [] };
}

async function planPlace(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  const { cluster, ports } = context;
  const { facts } = ports.hosts;
  const { host } = basis.place;
  const place = newPlace(basis);
  if (!place.ok) return blocked({ id: 'place', title: 'Where the new member is to be', evidence: place.why });
  // Asked for elsewhere: then a person builds it there.
  if (place.value.elsewhere) return await planHost(context, basis);
  if (facts === null || host === null)
    return blocked({
      id: 'hosts',
      title: 'No access to the host',
      evidence: `the configuration of ${cluster.name} has no etcd.hosts`,
    });
  const machine: HostRef = { on: 'host', host, ...facts };
  const { name, peerUrls } = place.value;
  const seen = await lookAtHost(context, machine, { name, peerUrls });
  const lines = [
    ...moveLeaderLines(basis),
    stopLine(basis, machine, peerUrls),
    ...removalLines(basis),
    asideLine(basis, machine),
    addLine(basis, name, peerUrls),
    startLine(basis, machine, name),
    promoteLine(context, basis, name),
  ];
  return {
    lines: behind(removalGates(basis), lines),
    checks: [seen],
    facts: {},
    notes: [
      `Follows etcd's runtime reconfiguration on ${host}, by ssh: ${facts.service} stopped and disabled, the entry out of the list, data aside in ${facts.dataDirectory}, added as a learner with the same address, ${facts.environmentFile} with the list of now, enabled and started, promoted.`,
      `Times at most: started ${formatSpan(cluster.replace.joinedMs)}, caught up ${formatSpan(cluster.replace.caughtUpMs)}.`,
    ],
  };
}

async function planHost(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  const { cluster } = context;
  const place = newPlace(basis);
  if (!place.ok) return blocked({ id: 'place', title: 'Where the new member is to be', evidence: place.why });
  const { name, peerUrls, elsewhere } = place.value;
  const target = targetOf(basis);
  const fence = target === null || elsewhere ? [] : [fenceGate(target)];
  const lines = [
    ...moveLeaderLines(basis),
    ...removalLines(basis),
    addLine(basis, name, peerUrls),
    ...builtLines(context, basis, place.value),
  ];
  return await Promise.resolve({
    lines: behind([...removalGates(basis), ...fence], lines),
    checks: [placeCheck(basis, place.value)],
    facts: {},
    notes: [
      `Follows etcd's runtime reconfiguration: the entry out of the list, a learner with ${peerUrls.join(', ')} added, started by a person on its host, promoted.`,
      ...(elsewhere ? [`Do not start the old etcd of ${basisWords(basis)} again.`] : []),
      `Times at most: built ${formatSpan(cluster.replace.hostBuiltMs)}, caught up ${formatSpan(cluster.replace.caughtUpMs)}.`,
    ],
  });
}

/** A person starts it, with the commands of the gate; then it is promoted. */
export function builtLines(context: ReplacePlanContext, basis: CaseBasis, place: NewPlace): readonly CaseLine[] {
  return [{ ...promoteLine(context, basis, place.name), gates: [hostGate(context, basis, place)] }];
}

function hostGate({ cluster, ports }: ReplacePlanContext, basis: CaseBasis, { name, peerUrls }: NewPlace): LineGate {
  const { planned } = basis;
  const target = targetOf(basis);
  const member = target ?? { id: '?', name: basis.name, peerUrls: [...peerUrls] };
  const others = planned.members
    .filter(({ id }) => basis.case === 'swap' || id !== target?.id)
    .map((each) => ({ name: each.name, peerUrls: each.peerUrls }));
  const { facts } = ports.hosts;
  const order = {
    cluster: cluster.name,
    member,
    joins: { name, peerUrls },
    others,
    facts,
    diskFull: isFull(basis, peerUrls),
  };
  return {
    id: 'build-host',
    kind: 'continue',
    title: `Build the host of ${name} at ${peerUrls.map((url) => hostOf(url) ?? url).join(', ')} and start its etcd; the commands are in the thread`,
    expect: null,
    choices: [],
    expiresMs: cluster.replace.hostBuiltMs,
    instructions: basis.case === 'swap' ? beside(order) : ringHostCommands(order),
    watch: {
      kind: 'etcd.host-built@1',
      input: { clusterId: planned.clusterId, known: planned.members.map(({ id }) => id), peerUrls: [...peerUrls] },
    },
  };
}

/** The disk is the old one where the address is. */
function isFull({ target }: CaseBasis, peerUrls: readonly string[]): boolean {
  if (target === null) return false;
  const sameHost = target.member.member.peerUrls.some((url) => peerUrls.includes(url));
  return sameHost && (target.condition === 'disk-full' || target.alsoSeen.includes('disk-full'));
}

/** A host beside the others: nothing of the old member is touched before the new one votes. */
function beside({ cluster, joins, others, facts }: Parameters<typeof ringHostCommands>[0]): string {
  const {
    service = 'etcd.service',
    dataDirectory = '/var/lib/etcd',
    environmentFile = '/etc/default/etcd',
  } = facts ?? {};
  const settings = Object.entries(joiningSettings(joins, others)).flatMap(([name, value]) =>
    value === null ? [] : [`   ${name}="${value}"`],
  );
  return [
    `${joins.name} stands in the list of ${cluster} as a learner with ${joins.peerUrls.join(', ')}, and waits to be started. Touch no other member.`,
    `1. On its host: there must be no ${dataDirectory}/member.`,
    `   ls -A ${dataDirectory}`,
    `2. Set these in ${environmentFile}, and take out ETCD_FORCE_NEW_CLUSTER, ETCD_DISCOVERY and ETCD_DISCOVERY_SRV:`,
    ...settings,
    '3. Certificates: those of the new host, issued by the same CA, with its address in them. Then start etcd.',
    `   systemctl enable --now ${service}`,
    'This goes on by itself when the new member answers. Drydock promotes it when it has caught up.',
  ].join('\n');
}

function placeCheck(basis: CaseBasis, { name, peerUrls, elsewhere }: NewPlace): Check {
  const where = peerUrls.join(', ');
  const evidence = elsewhere ? `${name} at ${where}` : `${name} at ${where}, the address of the old one`;
  return {
    id: 'place',
    verdict: 'pass',
    title: 'Where the new member is to be',
    evidence: `${evidence}; in place of ${basisWords(basis)}`,
  };
}
