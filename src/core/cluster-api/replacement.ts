import { isHealthyVoter } from '../etcd/health-gate.ts';
import type { Ring, RingMember } from '../etcd/ring.ts';
import { conditionIn, conditionWords } from './conditions.ts';
import type { CapiMachine } from './machine.ts';
import { hostsOf } from './remediation.ts';

/** What was there when the controller was told, by uid and id. */
export interface ReplacementBefore {
  readonly member: string;
  readonly machine: { readonly name: string; readonly uid: string };
  /** The other machines of the same owner. */
  readonly otherMachines: readonly { readonly name: string; readonly uid: string }[];
  /** uid of the owner: machines of nobody else count. */
  readonly owner: string;
  /** Ids of all members, the target included. */
  readonly members: readonly string[];
}

/** How far the controller has come, in its order. */
export type ReplacementStage =
  | 'not-begun'
  | 'deleting'
  | 'member-leaving'
  | 'creating'
  | 'booting'
  | 'joining'
  | 'learner'
  | 'catching-up'
  | 'machine-ending'
  | 'in';

/** What was seen of it. */
export interface ReplacementSeen {
  readonly stage: ReplacementStage;
  /** One line for people. */
  readonly words: string;
  /** The old member is no member any more. */
  readonly memberGone: boolean;
  readonly newMachine: CapiMachine | null;
  readonly newMember: RingMember | null;
  /** What is there that the replacement does not explain; empty: nothing. */
  readonly unexpected: readonly string[];
}

/**
 * How far a replacement by a controller has come, from one look. It is `in` only when the old machine and the old member are gone, and the
 * new member is a healthy voter on a machine of the same owner that was not there before.
 *
 * @param machines all machines of the cluster
 */
export function replacementSeen(
  before: ReplacementBefore,
  machines: readonly CapiMachine[],
  ring: Ring,
): ReplacementSeen {
  const old = machines.find((each) => each.uid === before.machine.uid) ?? null;
  const known = new Set([before.machine.uid, ...before.otherMachines.map((each) => each.uid)]);
  const fresh = machines.filter((each) => each.owner?.uid === before.owner && !known.has(each.uid));
  const newMachine = fresh.find((each) => each.deletingSince === null) ?? null;
  const strangers = ring.members.filter((each) => !before.members.includes(each.id));
  const newMember = strangers.find((each) => isOn(each, newMachine)) ?? null;
  const memberGone = !ring.members.some((each) => each.id === before.member);
  const facts: Facts = { old, newMachine, newMember, memberGone };
  return {
    ...stageOf(before, facts),
    memberGone,
    newMachine,
    newMember,
    unexpected: unexpected(before, machines, ring, { fresh, strangers, newMember }),
  };
}

interface Facts {
  readonly old: CapiMachine | null;
  readonly newMachine: CapiMachine | null;
  readonly newMember: RingMember | null;
  readonly memberGone: boolean;
}

function stageOf(before: ReplacementBefore, facts: Facts): Pick<ReplacementSeen, 'stage' | 'words'> {
  const { old, newMachine, newMember, memberGone } = facts;
  const { name } = before.machine;
  if (old !== null && old.deletingSince === null)
    return { stage: 'not-begun', words: `Machine ${name} is not being deleted yet` };
  if (!memberGone) {
    return old === null
      ? { stage: 'member-leaving', words: `Machine ${name} is gone, its member ${before.member} is still in the list` }
      : {
          stage: 'deleting',
          words: `Machine ${name} is being deleted${holding(old)}; its member ${before.member} is in the list still`,
        };
  }
  const left = old === null ? '' : `; Machine ${name} is still ending${holding(old)}`;
  if (newMachine === null)
    return { stage: 'creating', words: `the old member has left; no new machine is there yet${left}` };
  const fresh = `Machine ${newMachine.name}`;
  if (newMember === null && newMachine.node === null)
    return { stage: 'booting', words: `${fresh} is ${newMachine.phase || 'new'}${bootWords(newMachine)}${left}` };
  if (newMember === null)
    return {
      stage: 'joining',
      words: `${fresh} is node ${newMachine.node ?? ''}; its member is not in the list yet${left}`,
    };
  if (newMember.learner) return { stage: 'learner', words: `${newMember.label} of ${fresh} is a learner${left}` };
  if (!isHealthyVoter(newMember)) {
    const why = newMember.trouble ?? `${Math.max(newMember.lag ?? 0, newMember.backlog ?? 0)} entries behind`;
    return {
      stage: 'catching-up',
      words: `${newMember.label} of ${fresh} votes and is not healthy yet: ${why}${left}`,
    };
  }
  if (old !== null) return { stage: 'machine-ending', words: `${newMember.label} is in${left}` };
  return {
    stage: 'in',
    words: `${newMember.label} of ${fresh} is a healthy voter; Machine ${name} and its member are gone`,
  };
}

/** What holds the end of a machine: its own condition, else its hooks and finalizers. */
function holding(machine: CapiMachine): string {
  const said = conditionIn(machine.conditions, 'Deleting');
  const since = machine.deletingSince === null ? '' : ` since ${machine.deletingSince}`;
  if (said?.status === 'True') return `${since} (${conditionWords(said)})`;
  const held = [
    ...machine.hooks.map((hook) => `hook ${hook}`),
    ...machine.finalizers.map((each) => `finalizer ${each}`),
  ];
  return `${since}${held.length === 0 ? '' : ` (held by ${held.join(', ')})`}`;
}

function bootWords(machine: CapiMachine): string {
  const said = ['BootstrapConfigReady', 'InfrastructureReady', 'NodeHealthy']
    .flatMap((type) => conditionIn(machine.conditions, type) ?? [])
    .find(({ status, message }) => status !== 'True' && message !== '');
  return said === undefined ? '' : ` (${conditionWords(said)})`;
}

/** Where a member is: on the machine whose node has its name, or whose address is its peer's. One without a name: by address only. */
function isOn({ member }: RingMember, machine: CapiMachine | null): boolean {
  if (machine === null) return false;
  const hosts = hostsOf(member.peerUrls);
  return (
    (machine.node !== null && machine.node === member.name) || machine.addresses.some((each) => hosts.includes(each))
  );
}

interface Strangers {
  readonly fresh: readonly CapiMachine[];
  readonly strangers: readonly RingMember[];
  readonly newMember: RingMember | null;
}

function unexpected(
  before: ReplacementBefore,
  machines: readonly CapiMachine[],
  ring: Ring,
  { fresh, strangers, newMember }: Strangers,
): readonly string[] {
  const lost = before.otherMachines.flatMap(({ name, uid }) => {
    const now = machines.find((each) => each.uid === uid);
    if (now === undefined) return [`Machine ${name} is gone too`];
    return now.deletingSince === null ? [] : [`Machine ${name} is being deleted too, since ${now.deletingSince}`];
  });
  const left = before.members
    .filter((id) => id !== before.member && !ring.members.some((each) => each.id === id))
    .map((id) => `member ${id} has left too`);
  const more = fresh.length > 1 ? [`${fresh.map((each) => each.name).join(', ')} are all new`] : [];
  // A member that has just been added bears no name, and its machine may not have told an address yet.
  const foreign = strangers.filter((each) => each !== newMember && (fresh.length === 0 || strangers.length > 1));
  return [
    ...lost,
    ...left,
    ...more,
    ...foreign.map((each) => `${each.label} (${each.id}) joined, and no new machine is its`),
  ];
}
