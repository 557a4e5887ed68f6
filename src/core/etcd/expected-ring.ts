import { z } from 'zod';
import type { MemberId } from '../ports/etcd.ts';
import { memberWords, type NamedMember } from './member-words.ts';
import { hostOf } from './peer-url.ts';
import type { Ring } from './ring.ts';

const PlannedMember = z.object({
  id: z.string().min(1),
  name: z.string(),
  learner: z.boolean(),
  /** Empty: it did not answer when the plan was made. */
  version: z.string(),
  /** In the order of the alphabet. */
  peerUrls: z.array(z.string()),
});
type PlannedMember = z.infer<typeof PlannedMember>;

/**
 * The ring that people approved, for a run that changes its list: who the members are and where their peers find them. No sizes, no leader.
 * Everything is text, so that no digit is lost.
 */
export const PlannedRing = z.object({
  clusterId: z.string().min(1),
  /** Ordered by id. */
  members: z.array(PlannedMember),
});
export type PlannedRing = z.infer<typeof PlannedRing>;

/** What a run itself did to the list, or waits for somebody named to do. */
export type RingChange =
  | { readonly removed: MemberId }
  | {
      readonly added: {
        /** `null`: whoever adds it chooses. */
        readonly peerUrls: readonly string[] | null;
        /** With `peerUrls` null: the addresses it may have; empty: any. */
        readonly hosts: readonly string[];
      };
    };

/** The ring as it was seen, for a plan. */
export function plannedRing(ring: Ring): PlannedRing {
  const members = ring.members.map(({ member, status }) => ({
    id: member.id,
    name: member.name,
    learner: member.isLearner,
    version: status?.version ?? '',
    peerUrls: member.peerUrls.toSorted(),
  }));
  return { clusterId: ring.clusterId, members: members.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

/**
 * What differs between the approved ring and the ring as it is, beyond what the run did to it, in words; empty: nothing.
 *
 * An added member may be there or not, started or not, learner or voter; one change allows one member. A removed one must be gone. The
 * version of a member that did not answer then or does not now is unknown, not different. A changed leader is no difference.
 */
export function driftBeyond(planned: PlannedRing, changes: readonly RingChange[], ring: Ring): readonly string[] {
  if (planned.clusterId !== ring.clusterId) return [`it is ring ${ring.clusterId}, not ${planned.clusterId}`];
  const now = plannedRing(ring).members;
  const removed = new Set(changes.flatMap((change) => ('removed' in change ? [change.removed] : [])));
  const present = new Map(now.map((each) => [each.id, each]));
  const strangers = now.filter(({ id }) => !planned.members.some((was) => was.id === id) && !removed.has(id));
  const returned = now.filter(({ id }) => removed.has(id));
  return [
    ...planned.members
      .filter(({ id }) => !present.has(id) && !removed.has(id))
      .map((was) => `${memberWords(was)} is no longer a member`),
    ...returned.map((is) => `${memberWords(is)} was removed by this run and is a member all the same`),
    ...unexpected(strangers, changes).map((is) => `${memberWords(is)} is a new member`),
    ...planned.members.flatMap((was) => (removed.has(was.id) ? [] : differences(was, present.get(was.id)))),
  ];
}

/** The new members that no change of the run accounts for. */
function unexpected<M extends NamedMember>(strangers: readonly M[], changes: readonly RingChange[]): readonly M[] {
  const additions = changes.flatMap((change) => ('added' in change ? [change.added] : []));
  // What names its peer URLs takes its member first, so that "anybody" is left for others.
  const inOrder = [
    ...additions.filter(({ peerUrls }) => peerUrls !== null),
    ...additions.filter(({ peerUrls }) => peerUrls === null),
  ];
  return inOrder.reduce<readonly M[]>((left, addition) => {
    const at = left.findIndex((member) => accountsFor(addition, member));
    return at < 0 ? left : left.toSpliced(at, 1);
  }, strangers);
}

function accountsFor(
  { peerUrls, hosts }: Extract<RingChange, { readonly added: object }>['added'],
  member: NamedMember,
): boolean {
  if (peerUrls !== null) return sameTexts(peerUrls, member.peerUrls);
  if (hosts.length === 0) return true;
  return member.peerUrls.length > 0 && member.peerUrls.every((url) => hosts.includes(hostOf(url) ?? ''));
}

function differences(was: PlannedMember, is: PlannedMember | undefined): readonly string[] {
  if (is === undefined) return [];
  const who = memberWords(was);
  const changes: string[] = [];
  if (is.name !== was.name) changes.push(`${who} is now called ${is.name === '' ? 'nothing' : is.name}`);
  if (is.learner !== was.learner) changes.push(is.learner ? `${who} became a learner` : `${who} became a voter`);
  if (!sameTexts(is.peerUrls, was.peerUrls)) changes.push(`${who} now has the peer URL ${is.peerUrls.join(', ')}`);
  if (is.version !== '' && was.version !== '' && is.version !== was.version)
    changes.push(`${who} runs ${is.version}, not ${was.version}`);
  return changes;
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text) => b.includes(text));
}
